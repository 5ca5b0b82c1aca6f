import type { Identity, Role } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Settings } from '../core/settings.ts';
import { canonical } from './addresses.ts';
import type { PrivacyFeatures } from './privacy-features.ts';

/** What a user shows of themselves. */
export interface Profile {
  readonly name?: string | undefined;
  readonly avatarUrl?: string | undefined;
  readonly avatarPortraitUrl?: string | undefined;
}

/** What an age-gating provider knows of a user, as far as we keep it. Name and address stay there. */
export interface ProviderFacts {
  readonly privoServiceId?: string;
  /** Whoever consents for a child. */
  readonly privoParentServiceId?: string;
  /** Where they consent. */
  readonly privoConsentUrl?: string;
  readonly privacyFeatures?: PrivacyFeatures;
}

/** A person with an account here, as kept in the table. */
export interface User extends Profile, ProviderFacts {
  readonly id: UserId;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  /** Given by an operator; {@link roleOf} adds what the settings give. */
  readonly role: Role;
  readonly createdTimeMs: EpochMs;
  /** Token issuers as whose subject they may come in. */
  readonly issuers?: ReadonlySet<string>;
  /** First sign-in that proved the address. Before it anybody may have typed the address in. */
  readonly verifiedTimeMs?: EpochMs;
  /** Sessions granted until then, that moment included, hold no more. */
  readonly allSessionRevokeTimeMs?: EpochMs;
  /** The only login request that may still be completed. */
  readonly currentLoginRequestId?: string;
  readonly banTimeMs?: EpochMs;
  readonly banReason?: string;
}

/**
 * What a user may do beyond their own. An address that the settings list counts once a sign-in has proved it, and no
 * longer than it is listed.
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

/** What others see of somebody. */
export function shown(name: string | undefined, email: string | null | undefined): Pick<Identity, 'name' | 'email'> {
  return { ...(name ? { name } : {}), ...(email ? { email } : {}) };
}

/** Addresses that somebody has shown to be theirs. */
export function proven({ verifiedTimeMs, email, phoneNumber }: User): Pick<Identity, 'provenAddresses'> {
  if (verifiedTimeMs === undefined) return {};
  return { provenAddresses: [email, phoneNumber].filter((address) => address !== null) };
}
