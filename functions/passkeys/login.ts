import { grantSession } from '../auth/grant-session.ts';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { completed, keepLogin, type LoginChallenge, readLogin } from './challenge-store.ts';
import { newChallenge, promptMs } from './challenges.ts';
import type { LoginResponse } from './contract.ts';
import { findPasskey, type Passkey, used } from './passkey-store.ts';
import { relyingPartyOf } from './relying-party.ts';
import { proveUse } from './verify.ts';

/**
 * Signing in with a passkey. Only the response shows who the user is. A request is valid once, for five minutes, from
 * the IP address that made it. A passkey's counter only increases. Both hold at any concurrency.
 */

const requestLifetimeMs = 5 * 60_000;

export async function getWebAuthnLoginOptions({ clock, ids, settings, table }: Ports, caller: Caller) {
  const party = relyingPartyOf(caller, settings);
  const requestId = ids.uuid();
  const challenge = newChallenge(ids);
  const expireTimeMs = branded<EpochMs>(clock.now() + requestLifetimeMs);
  await keepLogin(table, { requestId, challenge, ip: caller.ip, expireTimeMs });
  return {
    requestId,
    options: { challenge, timeout: promptMs, userVerification: 'preferred' as const, rpId: party.id },
  };
}

export async function completeWebAuthnLogin(
  ports: Ports,
  caller: Caller,
  { requestId, response }: { readonly requestId: string; readonly response: LoginResponse },
) {
  const { clock, table } = ports;
  const party = relyingPartyOf(caller, ports.settings);
  const [login, passkey] = await Promise.all([readLogin(table, requestId), findPasskey(table, response.id)]);
  const now = clock.now();
  if (!login || !isOpen(login, caller, now) || !passkey || !isHolder(response, passkey)) throw notThis();
  const counter = await proveUse(response, { challenge: login.challenge, party }, passkey).catch(() => {
    throw notThis();
  });
  const { writes, answer } = await grantSession(ports, passkey.userId, {
    ip: caller.ip,
    webAuthnRequestId: requestId,
  });
  const granted = await table.transact([completed(login, now), used(passkey, counter), ...writes]);
  if (!granted.ok) throw notThis();
  return answer;
}

function isOpen({ completedTimeMs, expireTimeMs, ip }: LoginChallenge, caller: Caller, now: EpochMs): boolean {
  return completedTimeMs === undefined && expireTimeMs > now && ip === caller.ip;
}

/**
 * Some authenticators return the user's id, which must then match. Some clients encode it once more as base64url text.
 */
function isHolder({ response: { userHandle } }: LoginResponse, { userId }: Passkey): boolean {
  if (userHandle === undefined || userHandle === null || userHandle === '') return true;
  return userHandle === userId || userHandle === Buffer.from(userId).toString('base64url');
}

/** Deliberately vague: an unknown request, an unknown passkey and an invalid signature look alike. */
function notThis(): Failure {
  return new Failure('invalid_request', 'The login request is not valid, or not any more. Request new options.');
}
