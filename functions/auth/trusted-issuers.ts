import type { JWTVerifyGetKey } from 'jose';
import { acceptsTokens, type ClerkSettings } from '../core/clerk-settings.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import type { AuthIssuer, Settings } from '../core/settings.ts';
import { discoveredKeys, type KeysAddress, keySetOf } from './key-sets.ts';

/** An issuer whose tokens are accepted, with their required claims. */
export interface TrustedIssuer {
  /** The permanent name under which its subjects are stored. */
  readonly name: string;
  /** Undefined: any issuer claim is accepted. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Origins for which tokens may have been issued; empty: any. */
  readonly authorizedParties: readonly string[];
  readonly provider: string;
  readonly keys: JWTVerifyGetKey;
}

/** The name of the Clerk application, whatever its issuer claim, because its webhooks name no issuer. */
export const clerkIssuer = 'clerk';

const clerkKeysUrl = 'https://api.clerk.com/v1/jwks';

/** Whether any token is accepted. */
export function trustsIssuers({ authIssuers, clerk }: Settings): boolean {
  return authIssuers.length > 0 || (clerk !== undefined && acceptsTokens(clerk));
}

/** @param named the issuer that a token names */
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
