import type { PrivacyFeatures } from '../auth/privacy-features.ts';
import { privacyFeaturesOf } from '../auth/privacy-features.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import type { Matter, Subject } from './decide.ts';
import { isPublic } from './public.ts';

/**
 * Whether somebody's age, or a parent, forbids the deed whatever the permissions say.
 * @returns the feature that is off, undefined when none is in the way
 */
export async function switchedOff(
  ports: Ports,
  { record, user }: OpenRecord,
  matter: Matter,
  subject: Subject,
): Promise<keyof PrivacyFeatures | undefined> {
  const own = await privacyFeaturesOf(ports, user?.userId);
  if (subject.type === 'user' && !own.publishData) return 'publishData';
  if (subject.role === 'superUser' || subject.role === 'system') return undefined;
  const isOwner = record.ownerId !== null && record.ownerId === subject.id;
  if (!isOwner && record.ownerId !== null) {
    const owners = await privacyFeaturesOf(ports, record.ownerId as UserId);
    if (!owners.allowPublicData) return 'allowPublicData';
    if (subject.type === 'inst' && !(owners.allowPublicInsts && own.allowPublicInsts)) return 'allowPublicInsts';
  }
  return isPublic(matter) && !isOwner && !own.allowPublicData ? 'allowPublicData' : undefined;
}
