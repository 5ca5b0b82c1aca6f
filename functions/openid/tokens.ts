import { createHash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { askJson, unavailable } from './ask-json.ts';
import { issuerOf } from './issuer.ts';
import type { OpenIdProvider } from './provider.ts';

/** What a provider's token endpoint gave. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly tokenType: string;
  /** How long the access token lives. */
  readonly expiresInSeconds: number;
}

/** PKCE: what goes into the address for a verifier that stays here. */
export function challengeOf(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url');
}

/**
 * @throws Failure `invalid_request` for a grant that the provider refuses, `not_configured` when it does not know us,
 * `service_unavailable` while it does not do its part
 */
export async function requestTokens(
  ports: Ports,
  provider: OpenIdProvider,
  grant: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const { tokenEndpoint, secretGoesIn } = await issuerOf(ports, provider);
  const { clientId, title } = provider;
  const secret = await provider.clientSecret();
  const inFields = secretGoesIn === 'fields' ? { client_id: clientId, client_secret: secret } : {};
  const inHeader = { authorization: `Basic ${btoa([clientId, secret].map(encodeURIComponent).join(':'))}` };
  const { status, body } = await askJson(ports, title, tokenEndpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(secretGoesIn === 'header' ? inHeader : {}),
    },
    body: new URLSearchParams({ ...grant, ...inFields }).toString(),
  });
  if (status === 401 || body.error === 'invalid_client') {
    ports.log.error('identity provider refuses us', new Error(`It answered ${status}.`), { provider: title });
    throw new Failure('not_configured', `${title} does not accept the client id and secret that are configured here.`);
  }
  if (status >= 400) throw new Failure('invalid_request', `${title} refuses this sign-in. Start it again.`);
  const text = (field: string) => (typeof body[field] === 'string' ? body[field] : undefined);
  const accessToken = text('access_token');
  if (accessToken === undefined) throw unavailable(ports, title, new Error('It gave no access token.'), tokenEndpoint);
  return {
    accessToken,
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    tokenType: text('token_type') ?? 'Bearer',
    expiresInSeconds: typeof body.expires_in === 'number' ? body.expires_in : 0,
  };
}

/** Signatures that only the provider can make. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/**
 * Who an identity token is about, when it is the provider's, for us, and holds now.
 * @throws Failure `invalid_request`; `service_unavailable` while the provider's keys cannot be had
 */
export async function subjectOf(ports: Ports, provider: OpenIdProvider, idToken: string): Promise<string> {
  const { issuer, keys } = await issuerOf(ports, provider);
  try {
    const { payload } = await jwtVerify(idToken, keys, {
      issuer,
      audience: provider.clientId,
      algorithms,
      requiredClaims: ['sub', 'exp', 'iat'],
      clockTolerance: 60,
      currentDate: new Date(ports.clock.now()),
    });
    return payload.sub ?? '';
  } catch (error) {
    const isTheTokensFault = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
    if (!isTheTokensFault) throw unavailable(ports, provider.title, error, issuer);
    throw new Failure('invalid_request', `${provider.title} gave an identity token that does not hold.`);
  }
}
