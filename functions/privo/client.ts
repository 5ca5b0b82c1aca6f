import { ENV } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import { askJson, type ProviderAnswer } from '../openid/ask-json.ts';
import { requestTokens } from '../openid/tokens.ts';
import { privoProvider, withoutSlash } from './provider.ts';

/** Privo's API for servers. We call it with a token of our own, which we keep until it expires. */

interface Token {
  readonly text: string;
  readonly expiresAt: number;
}

/** Kept as long as the settings they belong to: from one cold start to the next. */
const tokens = new WeakMap<PrivoSettings, Token>();

/** A token must not expire while a request is under way. */
const spareMs = 60_000;

const defaultScopes =
  'openid profile email user_profile offline_access address additional_info TRUST delete_account service_profile connected_profiles manage_consent consent_url update_password_link';

/** @throws Failure `not_supported` naming the setting */
export function requirePrivo({ settings }: Ports): PrivoSettings {
  if (settings.privo) return settings.privo;
  throw new Failure('not_supported', `There are no age-gated accounts here: the setting ${ENV.privo} is missing.`);
}

/** @param body sent as JSON; a GET without one. @throws Failure `service_unavailable` */
export async function callPrivo(
  ports: Ports,
  settings: PrivoSettings,
  path: `/${string}`,
  body?: object,
): Promise<ProviderAnswer> {
  const url = withoutSlash(settings.gatewayEndpoint) + path;
  const call = async () =>
    askJson(ports, 'Privo', url, {
      headers: {
        authorization: `Bearer ${await tokenOf(ports, settings)}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
  const answer = await call();
  if (answer.status !== 401) return answer;
  // Privo may revoke a token before it expires.
  tokens.delete(settings);
  return call();
}

async function tokenOf(ports: Ports, settings: PrivoSettings): Promise<string> {
  const known = tokens.get(settings);
  if (known && known.expiresAt > ports.clock.now() + spareMs) return known.text;
  const { accessToken, expiresInSeconds } = await requestTokens(ports, privoProvider(settings, ports.secrets), {
    grant_type: 'client_credentials',
    scope: settings.clientTokenScopes ?? defaultScopes,
  });
  tokens.set(settings, { text: accessToken, expiresAt: ports.clock.now() + expiresInSeconds * 1000 });
  return accessToken;
}
