import type { OpenIdTokens } from '../auth/openid-tokens.ts';
import { signInFrom } from '../auth/provider-accounts.ts';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { seal, unseal } from '../core/sealed.ts';
import { askJson } from './ask-json.ts';
import { openIdContract } from './contract.ts';
import { issuerOf } from './issuer.ts';
import type { OpenIdProvider, Profile } from './provider.ts';
import { providerNamed, requireProviders } from './providers.ts';
import {
  type AnsweredRequest,
  claim,
  completion,
  giveBack,
  putRequest,
  requestOfState,
  takeCode,
} from './request-store.ts';
import { challengeOf, requestTokens, subjectOf, type Tokens } from './tokens.ts';

/**
 * Signing in at an identity provider: authorization code with PKCE. A request is valid for twenty minutes, belongs to
 * the IP address that made it, and creates at most one session. The provider's user must have an account here.
 */

const requestLifetimeMs = 20 * 60_000;

export const openId = implement('openId', openIdContract, {
  async processOAuthCode(ports, caller, { code, state }) {
    requireProviders(ports);
    const requestId = await requestOfState(ports.table, state);
    const taken =
      requestId !== undefined &&
      (await takeCode(ports.table, requestId, {
        code: await seal(ports, requestId, code),
        ip: caller.ip,
        now: ports.clock.now(),
      }));
    if (!taken) throw notThis();
    return {};
  },

  async completeOAuthLogin(ports, caller, { requestId }) {
    requireProviders(ports);
    const request = await claim(ports.table, requestId, { ip: caller.ip, now: ports.clock.now() });
    if (request === 'waiting') throw new Failure('not_completed', 'Nobody has signed in at the provider yet.');
    const provider = request && providerNamed(ports, request.provider);
    if (!request || !provider) throw notThis();
    const { tokens, profile } = await identityOf(ports, provider, request);
    const { issuer } = await issuerOf(ports, provider);
    const answer = await signInFrom(ports, {
      who: { issuer, subject: profile.subject },
      verifiedEmail: profile.verifiedEmail,
      facts: profile.facts,
      provider: provider.name,
      tokens,
      ip: caller.ip,
      alongside: completion(requestId, ports.clock.now()),
    });
    if (!answer) throw new Failure('invalid_request', `Nobody here has this account of ${provider.title}.`);
    return answer;
  },
});

/**
 * Starts a sign-in at a provider: the URL for the user, and the request id for the operations of {@link
 * openIdContract}.
 */
export async function requestOpenIdLogin(ports: Ports, { ip }: Caller, provider: OpenIdProvider) {
  const { authorizationEndpoint } = await issuerOf(ports, provider);
  const { ids, clock, table } = ports;
  const [requestId, state, codeVerifier] = [random(ports, 16), random(ports, 16), random(ports, 32)];
  const { name, clientId, redirectUrl, scope } = provider;
  await putRequest(table, {
    requestId,
    state,
    provider: name,
    codeVerifier: await seal({ secrets: ports.secrets, ids }, requestId, codeVerifier),
    codeMethod: 'S256',
    redirectUrl,
    scope,
    ip,
    expireTimeMs: branded<EpochMs>(clock.now() + requestLifetimeMs),
  });
  const url = new URL(authorizationEndpoint);
  for (const [field, value] of Object.entries({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUrl,
    scope,
    state,
    code_challenge: challengeOf(codeVerifier),
    code_challenge_method: 'S256',
  })) {
    url.searchParams.set(field, value);
  }
  return { authorizationUrl: url.href, requestId };
}

/** Exchanges the code. If the provider fails, the next call may try again; if it refuses, no call may. */
async function identityOf(ports: Ports, provider: OpenIdProvider, request: AnsweredRequest) {
  try {
    const tokens = await exchange(ports, provider, request);
    return { tokens, profile: await profileOf(ports, provider, tokens) };
  } catch (thrown) {
    const isRefused = thrown instanceof Failure && thrown.code === 'invalid_request';
    if (!isRefused) await giveBack(ports.table, request.requestId);
    throw thrown;
  }
}

async function exchange(
  ports: Ports,
  provider: OpenIdProvider,
  { requestId, code, codeVerifier, redirectUrl }: AnsweredRequest,
): Promise<OpenIdTokens> {
  const open = (text: string) => unseal(ports.secrets, requestId, text);
  const [clearCode, clearVerifier] = await Promise.all([open(code), open(codeVerifier)]);
  if (clearCode === undefined || clearVerifier === undefined) throw notThis();
  const tokens: Tokens = await requestTokens(ports, provider, {
    grant_type: 'authorization_code',
    code: clearCode,
    redirect_uri: redirectUrl,
    code_verifier: clearVerifier,
  });
  const { idToken, expiresInSeconds, ...rest } = tokens;
  if (idToken === undefined) throw new Failure('invalid_request', `${provider.title} gave no identity token.`);
  const expireTimeMs = ports.clock.now() + expiresInSeconds * 1000;
  return { ...rest, idToken, expireTimeMs, logoutUrl: provider.logoutUrl(idToken) };
}

/** The signed token and the profile that the access token gives access to must name the same user. */
async function profileOf(ports: Ports, provider: OpenIdProvider, tokens: OpenIdTokens): Promise<Profile> {
  const [{ userinfoEndpoint }, subject] = await Promise.all([
    issuerOf(ports, provider),
    subjectOf(ports, provider, tokens.idToken),
  ]);
  const { status, body } = await askJson(ports, provider.title, userinfoEndpoint, {
    headers: { authorization: `Bearer ${tokens.accessToken}` },
  });
  if (status >= 400) throw new Failure('invalid_request', `${provider.title} does not tell who signed in.`);
  const profile = provider.profileOf(body);
  if (profile.subject !== subject) throw new Failure('invalid_request', `${provider.title} names two people at once.`);
  return profile;
}

function random({ ids }: Ports, bytes: number): string {
  return Buffer.from(ids.bytes(bytes)).toString('base64url');
}

/** Deliberately vague: unknown, expired and used requests, and those of another caller, look alike. */
function notThis(): Failure {
  return new Failure('invalid_request', 'This sign-in is not valid, or not any more. Start it again.');
}
