import type { PrivacyFeatures } from '../auth/privacy-features.ts';
import { privacyFeaturesOf } from '../auth/privacy-features.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import type { Matter, Subject } from './decide.ts';
import { isOpenByRole, isPublic } from './public.ts';

/**
 * Whether a user's age or a parent forbids the action, whatever the permissions allow.
 * @returns the feature that is off; undefined if none forbids the action
 */
export async function switchedOff(
  ports: Ports,
  { record, user }: OpenRecord,
  matter: Matter,
  subject: Subject,
): Promise<keyof PrivacyFeatures | undefined> {
  const own = await privacyFeaturesOf(ports, user?.userId);
  if (!own.publishData) return 'publishData';
  if (isOpenByRole(matter, subject)) return undefined;
  // An inst acts in the user's name, so the user counts.
  const isOwner = record.ownerId !== null && record.ownerId === user?.userId;
  if (!isOwner && record.ownerId !== null) {
    const owners = await privacyFeaturesOf(ports, record.ownerId);
    if (!owners.allowPublicData) return 'allowPublicData';
    if (matter.kind === 'inst' && !(owners.allowPublicInsts && own.allowPublicInsts)) return 'allowPublicInsts';
  }
  return isPublic(matter) && !isOwner && !own.allowPublicData ? 'allowPublicData' : undefined;
}
