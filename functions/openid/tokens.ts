import { createHash } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { askJson, unavailable } from './ask-json.ts';
import { issuerOf } from './issuer.ts';
import type { OpenIdProvider } from './provider.ts';

/** The answer of a provider's token endpoint. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly tokenType: string;
  /** The lifetime of the access token. */
  readonly expiresInSeconds: number;
}

/** PKCE: the challenge in the URL, for a verifier that stays here. */
export function challengeOf(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier).digest('base64url');
}

/**
 * @throws Failure `invalid_request` if the provider refuses the grant, `not_configured` if it does not know us,
 * `service_unavailable` if it fails
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

/** Asymmetric algorithms only, because only the provider can make their signatures. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/**
 * The subject of an identity token, after verifying that it is the provider's, is for us, and has not expired.
 * @throws Failure `invalid_request`; `service_unavailable` if the provider's keys cannot be fetched
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
