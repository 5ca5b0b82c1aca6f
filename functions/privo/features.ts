import * as z from 'zod/mini';
import type { PrivacyFeatures } from '../auth/privacy-features.ts';
import type { PrivoFeature, PrivoSettings } from '../core/privo-settings.ts';

/** Features that Privo may grant, by its own ids: as it lists them for an account and in a profile. */
export const Grants = () => z.array(z.object({ feature_identifier: z.string(), on: z.boolean() }));

/** What somebody may do with their data here, by what Privo has consent for. */
export function featuresGranted(
  ids: PrivoSettings['featureIds'],
  grants: z.output<ReturnType<typeof Grants>>,
): PrivacyFeatures {
  const isOn = (feature: PrivoFeature) => grants.some((one) => one.on && one.feature_identifier === ids[feature]);
  const publishData = isOn('projectDevelopment');
  return {
    publishData,
    allowPublicData: publishData && isOn('publishProjects'),
    allowAI: isOn('buildAIEggs'),
    allowPublicInsts: publishData && isOn('joinAndCollaborate'),
  };
}

/** What consent is asked for when an account is made. */
export function featuresWanted(
  ids: PrivoSettings['featureIds'],
  role: 'child' | 'adult',
): { feature_identifier: string }[] {
  const signOn = role === 'child' ? 'childPrivoSSO' : 'adultPrivoSSO';
  const wanted = [signOn, 'joinAndCollaborate', 'projectDevelopment', 'publishProjects', 'buildAIEggs'] as const;
  return wanted.map((feature) => ({ feature_identifier: ids[feature] }));
}
