import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readUser } from './user-store.ts';

/** What the law, or a parent, allows a user to do with their data. */
export interface PrivacyFeatures {
  /** Whether the user may store data in records at all. */
  readonly publishData: boolean;
  /** Whether the user may use others' public data, and publish their own. */
  readonly allowPublicData: boolean;
  readonly allowAI: boolean;
  readonly allowPublicInsts: boolean;
}

export const allFeatures: PrivacyFeatures = {
  publishData: true,
  allowPublicData: true,
  allowAI: true,
  allowPublicInsts: true,
};

const noFeatures: PrivacyFeatures = {
  publishData: false,
  allowPublicData: false,
  allowAI: false,
  allowPublicInsts: false,
};

/**
 * The features to check. Without an age-gating provider all users have all features; with one, users whom it does not
 * know have none, because they may be children.
 * @param user undefined for anonymous callers
 */
export async function privacyFeaturesOf(ports: Ports, user: UserId | undefined): Promise<PrivacyFeatures> {
  if (ports.settings.privo === undefined) return allFeatures;
  const known = user === undefined ? undefined : await readUser(ports.table, user);
  return known?.privacyFeatures ?? noFeatures;
}
