import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

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

/** Without an age-gating provider everybody has all of them. */
export async function privacyFeaturesOf(_ports: Ports, _user: UserId | undefined): Promise<PrivacyFeatures> {
  return allFeatures;
}
