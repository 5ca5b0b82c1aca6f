import * as z from 'zod/mini';
import type { PrivacyFeatures } from '../auth/privacy-features.ts';
import type { PrivoFeature, PrivoSettings } from '../core/privo-settings.ts';

/** Features that Privo may grant, by its own ids, in the form of its accounts and profiles. */
export const Grants = () => z.array(z.object({ feature_identifier: z.string(), on: z.boolean() }));

/** What a user may do with their data here, from the features to which Privo has consent. */
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

/** The features for which a new account requests consent. */
export function featuresWanted(
  ids: PrivoSettings['featureIds'],
  role: 'child' | 'adult',
): { feature_identifier: string }[] {
  const signOn = role === 'child' ? 'childPrivoSSO' : 'adultPrivoSSO';
  const wanted = [signOn, 'joinAndCollaborate', 'projectDevelopment', 'publishProjects', 'buildAIEggs'] as const;
  return wanted.map((feature) => ({ feature_identifier: ids[feature] }));
}
