import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import type { Ports } from '../core/ports.ts';
import { askJson, unavailable } from './ask-json.ts';
import type { OpenIdProvider } from './provider.ts';

/** A provider's endpoints, from its own configuration. */
export interface Issuer {
  /** Its name in tokens. */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userinfoEndpoint: string;
  /** How we send our client secret: in a header, unless the provider only accepts fields. */
  readonly secretGoesIn: 'header' | 'fields';
  /** The provider's public keys. Cached for an hour, and fetched again when a token names an unknown one. */
  readonly keys: JWTVerifyGetKey;
}

/** By address. Kept from one cold start to the next, because providers hardly ever move. */
const known = new Map<string, Promise<Issuer>>();

/** @throws Failure `service_unavailable` if the provider's configuration cannot be fetched */
export function issuerOf(ports: Ports, provider: OpenIdProvider): Promise<Issuer> {
  const found = known.get(provider.issuer);
  if (found !== undefined) return found;
  const made = discover(ports, provider);
  known.set(provider.issuer, made);
  // If the request fails, the next caller tries again.
  made.catch(() => known.delete(provider.issuer));
  return made;
}

async function discover(ports: Ports, { issuer: address, title }: OpenIdProvider): Promise<Issuer> {
  const url = `${address}/.well-known/openid-configuration`;
  const { body } = await askJson(ports, title, url);
  const at = (field: string): string => {
    const value = body[field];
    if (typeof value === 'string' && URL.canParse(value)) return value;
    throw unavailable(ports, title, new Error(`Its configuration has no ${field}.`), url);
  };
  const methods = body.token_endpoint_auth_methods_supported;
  return {
    issuer: at('issuer'),
    authorizationEndpoint: at('authorization_endpoint'),
    tokenEndpoint: at('token_endpoint'),
    userinfoEndpoint: at('userinfo_endpoint'),
    secretGoesIn: Array.isArray(methods) && !methods.includes('client_secret_basic') ? 'fields' : 'header',
    keys: createRemoteJWKSet(new URL(at('jwks_uri')), {
      cacheMaxAge: 60 * 60_000,
      cooldownDuration: 60_000,
      timeoutDuration: 5_000,
    }),
  };
}
