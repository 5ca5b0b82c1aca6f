import { createHmac } from 'node:crypto';
import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { isSameSecret } from '../core/timing-safe.ts';
import { connectionSecretOf } from './secrets.ts';
import { identityBehind } from './valid-session.ts';

/**
 * A connection token: what a client sends over a socket instead of its session key. It has a version and six parts in
 * base64, joined by dots, and is made with the secret of the connection key for one connection and one inst. Its HMAC
 * covers ids and names without separators, so two insts may share one, but never two users.
 */
export interface ConnectionToken {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly connectionId: string;
  /** Null: the inst is in no record. */
  readonly recordName: string | null;
  readonly inst: string;
  /** In hexadecimal, lower case. */
  readonly mac: string;
}

/** Limits of our ids, and of texts that clients choose. */
const longestId = 512;
const longestPart = 2_048;

/** @throws Failure `unacceptable_connection_token`, `invalid_token`, `session_expired` or `user_is_banned` */
export async function identifyByToken(
  ports: Ports,
  text: string,
): Promise<{ readonly identity: Identity; readonly token: ConnectionToken }> {
  const token = parseConnectionToken(text);
  if (!token) throw new Failure('unacceptable_connection_token', 'The connection token cannot be read.');
  const { userId, sessionId, connectionId, recordName, inst, mac } = token;
  const secret = Buffer.from(await connectionSecretOf(ports.secrets, sessionId), 'base64');
  const made = createHmac('sha256', secret)
    .update(`${connectionId}${recordName ?? ''}${inst}`)
    .digest('hex');
  const isMade = isSameSecret(made, mac);
  const identity = await identityBehind(ports, userId, sessionId, { proves: () => isMade, refusal: invalidToken });
  return { identity, token };
}

/** The same message for every error of a token. */
export function invalidToken(): Failure {
  return new Failure('invalid_token', 'The connection token is not valid: sign in again.');
}

/** @returns undefined for a text that is no connection token */
function parseConnectionToken(text: string): ConnectionToken | undefined {
  const [version, ...parts] = text.split('.');
  if (version !== 'vCT1' || parts.length !== 6 || !parts.every(isPart)) return undefined;
  if (parts.slice(0, 2).some((id) => id.length > longestId)) return undefined;
  const [userId, sessionId, connectionId, recordName, inst, mac] = parts.map((part) =>
    Buffer.from(part, 'base64').toString(),
  );
  if (!userId || !sessionId || !connectionId || inst === undefined || !mac) return undefined;
  return {
    userId: branded<UserId>(userId),
    sessionId,
    connectionId,
    recordName: recordName || null,
    inst,
    mac,
  };
}

const isPart = (part: string): boolean => part.length <= longestPart && /^[A-Za-z0-9+/]*={0,2}$/.test(part);
