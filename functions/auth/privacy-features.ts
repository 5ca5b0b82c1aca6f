import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readUser } from './user-store.ts';

/** What the law, or a parent, lets somebody do with their data. */
export interface PrivacyFeatures {
  /** Keep anything in records at all. */
  readonly publishData: boolean;
  /** Use what others made public, and let others use theirs. */
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
 * What counts when somebody wants to do something. Without an age-gating provider everybody has all features; with one,
 * those of whom it knows nothing have none: they may be children.
 * @param user undefined for somebody anonymous
 */
export async function privacyFeaturesOf(ports: Ports, user: UserId | undefined): Promise<PrivacyFeatures> {
  if (ports.settings.privo === undefined) return allFeatures;
  const known = user === undefined ? undefined : await readUser(ports.table, user);
  return known?.privacyFeatures ?? noFeatures;
}
