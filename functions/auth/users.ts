import type { Identity, Role } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Settings } from '../core/settings.ts';
import { canonical } from './addresses.ts';
import type { PrivacyFeatures } from './privacy-features.ts';

/** The public profile of a user. */
export interface Profile {
  readonly name?: string | undefined;
  readonly avatarUrl?: string | undefined;
  readonly avatarPortraitUrl?: string | undefined;
}

/** Data of an age-gating provider that we store. Name and address stay at the provider. */
export interface ProviderFacts {
  readonly privoServiceId?: string;
  /** Id of the consenting parent. */
  readonly privoParentServiceId?: string;
  /** URL where the parent consents. */
  readonly privoConsentUrl?: string;
  readonly privacyFeatures?: PrivacyFeatures;
}

/** A user as stored in the table. */
export interface User extends Profile, ProviderFacts {
  readonly id: UserId;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  /** Assigned by an operator; {@link roleOf} adds roles from the settings. */
  readonly role: Role;
  readonly createdTimeMs: EpochMs;
  /** Token issuers with which the user may sign in. */
  readonly issuers?: ReadonlySet<string>;
  /** First sign-in that verified the address. Before that, anyone may have entered the address. */
  readonly verifiedTimeMs?: EpochMs;
  /** Sessions granted up to this moment are revoked. */
  readonly allSessionRevokeTimeMs?: EpochMs;
  /** The only login request that may still be completed. */
  readonly currentLoginRequestId?: string;
  readonly banTimeMs?: EpochMs;
  readonly banReason?: string;
}

/**
 * The user's role. An address in the settings counts once a sign-in has verified it, and only as long as it is listed.
 */
export function roleOf(user: User, settings: Settings): Role {
  if (user.role !== 'none') return user.role;
  const proven = user.verifiedTimeMs !== undefined && isListed(user, settings.superUserAddresses);
  return proven ? 'superUser' : 'none';
}

function isListed({ email, phoneNumber }: User, listed: ReadonlySet<string>): boolean {
  return (
    (email !== null && listed.has(canonical('email', email))) ||
    (phoneNumber !== null && listed.has(canonical('phone', phoneNumber)))
  );
}

/** @throws Failure `user_is_banned` */
export function refuseBanned({ banTimeMs, banReason }: User): void {
  if (banTimeMs === undefined) return;
  throw new Failure('user_is_banned', 'This user is banned.', { banReason: banReason ?? null });
}

/** What other users see of a user. */
export function shown(name: string | undefined, email: string | null | undefined): Pick<Identity, 'name' | 'email'> {
  return { ...(name ? { name } : {}), ...(email ? { email } : {}) };
}

/** Addresses that a user has verified. */
export function proven({ verifiedTimeMs, email, phoneNumber }: User): Pick<Identity, 'provenAddresses'> {
  if (verifiedTimeMs === undefined) return {};
  return { provenAddresses: [email, phoneNumber].filter((address) => address !== null) };
}
