import type { JWTVerifyGetKey } from 'jose';
import { acceptsTokens, type ClerkSettings } from '../core/clerk-settings.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import type { AuthIssuer, Settings } from '../core/settings.ts';
import { discoveredKeys, type KeysAddress, keySetOf } from './key-sets.ts';

/** Whose tokens are accepted, and what they must say. */
export interface TrustedIssuer {
  /** Under which its subjects are known here, for good. */
  readonly name: string;
  /** Undefined: they may say what they like. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** The pages they may be made for; empty: any. */
  readonly authorizedParties: readonly string[];
  readonly provider: string;
  readonly keys: JWTVerifyGetKey;
}

/** The one application at Clerk, whatever its issuer is called: what it tells us of its users names no issuer. */
export const clerkIssuer = 'clerk';

const clerkKeysUrl = 'https://api.clerk.com/v1/jwks';

/** Whether any token is accepted. */
export function trustsIssuers({ authIssuers, clerk }: Settings): boolean {
  return authIssuers.length > 0 || (clerk !== undefined && acceptsTokens(clerk));
}

/** @param named the issuer that a token names; undefined where it names none, or one that is not trusted */
export function trustedIssuer(
  { settings, secrets }: Pick<Ports, 'settings' | 'secrets'>,
  named: string | undefined,
  now: EpochMs,
): TrustedIssuer | undefined {
  const { authIssuers, clerk } = settings;
  const configured = authIssuers.find(({ issuer }) => issuer === named);
  if (configured) return ofIssuer(configured, now);
  return clerk && acceptsTokens(clerk) ? ofClerk(clerk, { secrets }, now) : undefined;
}

function ofIssuer(settings: AuthIssuer, now: EpochMs): TrustedIssuer {
  const { issuer, jwksUrl, audience, provider } = settings;
  const address = async () => (jwksUrl === undefined ? discoveredKeys(issuer) : { url: jwksUrl });
  return {
    name: issuer,
    issuer,
    audience,
    authorizedParties: [],
    provider: provider ?? providerOf(issuer),
    keys: keySetOf(settings, address, now),
  };
}

function ofClerk(settings: ClerkSettings, ports: Pick<Ports, 'secrets'>, now: EpochMs): TrustedIssuer {
  const { issuer, authorizedParties } = settings;
  return {
    name: clerkIssuer,
    issuer,
    audience: undefined,
    authorizedParties,
    provider: 'clerk',
    keys: keySetOf(settings, () => clerkKeys(settings, ports), now),
  };
}

async function clerkKeys(
  { jwksUrl, issuer, secretKey }: ClerkSettings,
  ports: Pick<Ports, 'secrets'>,
): Promise<KeysAddress> {
  if (jwksUrl !== undefined) return { url: jwksUrl };
  if (secretKey === undefined) return discoveredKeys(issuer ?? '');
  return { url: clerkKeysUrl, headers: { authorization: `Bearer ${await secretSetting(ports, secretKey)}` } };
}

function providerOf(issuer: string): string {
  if (issuer.includes('accounts.google.com')) return 'google';
  if (issuer.includes('login.microsoftonline.com')) return 'microsoft';
  return 'custom';
}
