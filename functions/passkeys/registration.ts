import { identityOf } from '../auth/identity.ts';
import { getUserInfo } from '../auth/profiles.ts';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { answered, keepChallenge, readChallenge } from './challenge-store.ts';
import { newChallenge, promptMs } from './challenges.ts';
import type { RegistrationResponse } from './contract.ts';
import { newPasskey, passkeysOf } from './passkey-store.ts';
import { relyingPartyOf } from './relying-party.ts';
import { algorithms, proveRegistration } from './verify.ts';

/**
 * Registering a passkey for a signed-in user. A user has one challenge at a time, which ends with the passkey that
 * answers it. A credential belongs to one user for as long as they keep it.
 */

const challengeLifetimeMs = 10 * 60_000;
const mostPasskeys = 50;

export async function getWebAuthnRegistrationOptions(ports: Ports, caller: Caller) {
  const party = relyingPartyOf(caller, ports.settings);
  const { userId } = identityOf(caller);
  const [user, known] = await Promise.all([getUserInfo(ports, caller, { userId }), passkeysOf(ports.table, userId)]);
  const challenge = newChallenge(ports.ids);
  const expireTimeMs = branded<EpochMs>(ports.clock.now() + challengeLifetimeMs);
  await keepChallenge(ports.table, userId, { challenge, expireTimeMs });
  const name = user.email ?? user.phoneNumber ?? user.name ?? userId;
  return {
    options: {
      challenge,
      rp: { name: party.name, id: party.id },
      // Our ids are sent as base64url text unchanged, so that clients which treat them as plain text see the same id.
      user: { id: userId, name, displayName: user.name ?? name },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
      timeout: promptMs,
      attestation: 'none' as const,
      excludeCredentials: known.map(({ credentialId, transports }) => ({
        id: credentialId,
        type: 'public-key' as const,
        transports: [...transports],
      })),
      authenticatorSelection: {
        residentKey: 'preferred' as const,
        requireResidentKey: false as const,
        userVerification: 'preferred' as const,
        authenticatorAttachment: 'platform' as const,
      },
    },
  };
}

export async function registerWebAuthn(
  ports: Ports,
  caller: Caller,
  { response }: { readonly response: RegistrationResponse },
) {
  const party = relyingPartyOf(caller, ports.settings);
  const { table, clock, ids } = ports;
  const { userId } = identityOf(caller);
  const [current, known] = await Promise.all([readChallenge(table, userId), passkeysOf(table, userId)]);
  if (!current || current.expireTimeMs <= clock.now()) throw noChallenge();
  if (known.length >= mostPasskeys)
    throw unacceptable(`A user has ${mostPasskeys} passkeys at most: delete one first.`);
  const proven = await proveRegistration(response, { challenge: current.challenge, party }).catch((error: unknown) => {
    throw unacceptable(error instanceof Error ? error.message.slice(0, 500) : 'The response cannot be read.');
  });
  const passkey = {
    ...proven,
    id: ids.uuid(),
    userId,
    transports: response.response.transports ?? [],
    registeringUserAgent: caller.userAgent?.slice(0, 500) ?? null,
    createdAtMs: clock.now(),
  };
  const stored = await table.transact([answered(userId, current), ...newPasskey(passkey)]);
  if (stored.ok) return {};
  throw stored.lost[0] ? noChallenge() : unacceptable('This passkey is registered already.');
}

function noChallenge(): Failure {
  return unacceptable('No challenge waits for an answer: request registration options first.');
}

function unacceptable(why: string): Failure {
  return new Failure('unacceptable_request', why);
}
