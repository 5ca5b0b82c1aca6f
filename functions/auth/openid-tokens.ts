import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { seal, unseal } from '../core/sealed.ts';

/** An identity provider's tokens from a sign-in, stored with its session. */
export interface OpenIdTokens {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  readonly idToken: string;
  readonly tokenType: string;
  readonly expireTimeMs: number;
  /** URL to sign out at the provider too. It contains the session there, so it is as secret as the tokens. */
  readonly logoutUrl: string;
}

export interface SealedTokens {
  readonly provider: string;
  readonly sealed: string;
}

export async function sealTokens(
  ports: Ports,
  userId: UserId,
  provider: string,
  tokens: OpenIdTokens,
): Promise<SealedTokens> {
  return { provider, sealed: await seal(ports, placeOf(userId), JSON.stringify(tokens)) };
}

/** @returns undefined for a session without a provider, or whose tokens can no longer be read */
export async function logoutUrlOf(
  { secrets }: Ports,
  { userId, openId }: { readonly userId: UserId; readonly openId?: SealedTokens },
): Promise<string | undefined> {
  const text = openId && (await unseal(secrets, placeOf(userId), openId.sealed));
  if (text === undefined) return undefined;
  const tokens: OpenIdTokens = JSON.parse(text); // sealed above
  return tokens.logoutUrl;
}

/** Bound to the user, not to one session, because tokens move to the session that replaces it. */
function placeOf(userId: UserId): string {
  return `openid tokens of ${userId}`;
}
