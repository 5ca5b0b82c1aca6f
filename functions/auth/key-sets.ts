import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { Failure } from '../core/errors.ts';
import type { AuthIssuer } from '../core/settings.ts';

/**
 * The public keys of issuers: fetched when first needed, kept for an hour, and fetched once more, at most once a minute,
 * when a token names a key that is not among them. Kept as long as the settings they belong to, that is one cold start.
 */
const known = new WeakMap<AuthIssuer, Promise<JWTVerifyGetKey>>();

const patienceMs = 3_000;

/** @throws Failure `service_unavailable` when the issuer does not answer: that is not the token's fault */
export function keySetOf(issuer: AuthIssuer): JWTVerifyGetKey {
  return async (header, token) => {
    try {
      return await (await keySet(issuer))(header, token);
    } catch (error) {
      if (isTheTokensFault(error)) throw error;
      throw new Failure('service_unavailable', 'The issuer of this token does not answer; try again later.');
    }
  };
}

function keySet(issuer: AuthIssuer): Promise<JWTVerifyGetKey> {
  const found = known.get(issuer);
  if (found !== undefined) return found;
  const made = addressOf(issuer).then((url) =>
    createRemoteJWKSet(new URL(url), {
      cacheMaxAge: 60 * 60_000,
      cooldownDuration: 60_000,
      timeoutDuration: patienceMs,
    }),
  );
  known.set(issuer, made);
  // An issuer that could not be asked is asked again by the next token.
  made.catch(() => known.delete(issuer));
  return made;
}

async function addressOf({ issuer, jwksUrl }: AuthIssuer): Promise<string> {
  if (jwksUrl !== undefined) return jwksUrl;
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: 'error' });
  const found: unknown = answer.ok ? await answer.json() : undefined;
  const address = typeof found === 'object' && found !== null ? Reflect.get(found, 'jwks_uri') : undefined;
  if (typeof address !== 'string') throw new Error(`${url} names no jwks_uri.`);
  return address;
}

function isTheTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
