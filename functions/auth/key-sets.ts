import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type RemoteJWKSetOptions } from 'jose';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';

/** The URL of public keys, with the headers to fetch them. */
export interface KeysAddress {
  readonly url: string;
  readonly headers?: RemoteJWKSetOptions['headers'];
}

interface KeySet {
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
  refetchedAt?: EpochMs;
  refetched?: Promise<void>;
}

/**
 * The public keys of issuers: fetched when first needed, kept for an hour, and fetched once more, at most once a minute,
 * when a token names a key that is not among them. Kept as long as the settings they belong to, that is one cold start.
 */
const known = new WeakMap<object, Promise<KeySet>>();

const patienceMs = 3_000;
const refetchMs = 60_000;

/**
 * @param settings the issuer's settings
 * @param addressOf called when the keys are first needed
 * @throws Failure `service_unavailable` when the issuer does not answer: that is not the token's fault
 */
export function keySetOf(settings: object, addressOf: () => Promise<KeysAddress>, now: EpochMs): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      const set = await keySet(settings, addressOf);
      return await set.keys(header, token).catch(async (error: unknown) => {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await refetch(set, now);
        return set.keys(header, token);
      });
    } catch (error) {
      if (isTheTokensFault(error)) throw error;
      throw new Failure('service_unavailable', 'The issuer of this token does not answer; try again later.');
    }
  };
}

/** Reads the URL of an OpenID issuer's keys. */
export async function discoveredKeys(issuer: string): Promise<KeysAddress> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' });
  const found: unknown = answer.ok ? await answer.json() : undefined;
  const address = typeof found === 'object' && found !== null ? Reflect.get(found, 'jwks_uri') : undefined;
  if (typeof address !== 'string') throw new Error(`${url} names no jwks_uri.`);
  return { url: address };
}

function keySet(settings: object, addressOf: () => Promise<KeysAddress>): Promise<KeySet> {
  const found = known.get(settings);
  if (found !== undefined) return found;
  const made = addressOf().then(({ url, headers = {} }) => {
    const options = { headers, cacheMaxAge: 60 * 60_000, timeoutDuration: patienceMs };
    // The code above decides when to fetch again.
    return { keys: createRemoteJWKSet(new URL(url), { ...options, cooldownDuration: Number.POSITIVE_INFINITY }) };
  });
  known.set(settings, made);
  // If the issuer could not be reached, the next token tries again.
  made.catch(() => known.delete(settings));
  return made;
}

/** Concurrent calls wait for the same fetch. */
async function refetch(set: KeySet, now: EpochMs): Promise<void> {
  if (set.refetchedAt === undefined || now - set.refetchedAt >= refetchMs) {
    set.refetchedAt = now;
    set.refetched = set.keys.reload();
  }
  await set.refetched;
}

function isTheTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
