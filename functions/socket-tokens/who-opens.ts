import { holdsStill, identify } from '../auth/credentials.ts';
import { developer } from '../auth/development.ts';
import { lasting } from '../auth/identity.ts';
import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { findInstance, levelOn } from '../projects/reach.ts';
import { takeToken } from './token-store.ts';
import { hashOfToken } from './token-text.ts';

/** The credentials of a client that opens a socket of an instance. */
export interface Shown {
  /** A one-time token; takes precedence over the credential. */
  readonly token: string | undefined;
  /** An API key, a session key or a JWT. */
  readonly credential: string | undefined;
}

/**
 * Identifies the client that opens a socket of an instance. Undefined for a client without credentials, which may
 * authenticate later. This uses up the token, unless it is for another instance.
 * @throws Failure `invalid_key` or another error of a credential; `not_authorized` if the user may not read there
 */
export async function whoOpens(ports: Ports, instanceId: string, shown: Shown): Promise<Identity | undefined> {
  const { token, credential } = shown;
  if (token === undefined && credential === undefined) {
    // In development no credential is needed.
    const somebody = await developer(ports, 'socket');
    return somebody && (await mayRead(ports, somebody, instanceId)) ? somebody : undefined;
  }
  const identity = token === undefined ? await identify(ports, credential) : await behind(ports, token, instanceId);
  if (identity && (await mayRead(ports, identity, instanceId))) return lasting(identity);
  throw new Failure('not_authorized', 'Instance not found or access denied');
}

async function mayRead(ports: Ports, identity: Identity, instanceId: string): Promise<boolean> {
  const instance = await findInstance(ports, instanceId);
  return instance !== undefined && (await levelOn(ports, identity, instance)) !== undefined;
}

/** The user who created the token, if the credential of that request is still valid. */
async function behind(ports: Ports, text: string, instanceId: string): Promise<Identity> {
  const token = await takeToken(ports.table, hashOfToken(text), instanceId, ports.clock.now());
  if (token === 'elsewhere') throw new Failure('not_authorized', 'This token is for another instance.');
  if (token === 'expired') throw new Failure('session_expired', 'The token has expired.');
  if (token === 'unknown') throw new Failure('invalid_key', 'There is no such token, or it has been used.');
  const identity = await holdsStill(ports, token.identity);
  return { ...identity, credential: { ...identity.credential, atMost: token.permission } };
}
