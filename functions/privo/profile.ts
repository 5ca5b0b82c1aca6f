import * as z from 'zod/mini';
import type { PrivacyFeatures } from '../auth/privacy-features.ts';
import type { Ports } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import { callPrivo } from './client.ts';
import { featuresGranted, Grants } from './features.ts';
import { readAnswer } from './read-answer.ts';

/** The data that Privo stores for us, because our own rows must not. Fetched each time it is shown. */
export interface PrivoProfile {
  readonly name: string | undefined;
  readonly displayName: string | undefined;
  readonly email: string | undefined;
  readonly privacyFeatures: PrivacyFeatures;
}

const Answer = () =>
  z.object({
    given_name: z.nullish(z.string()),
    display_name: z.nullish(z.string()),
    preferred_username: z.nullish(z.string()),
    email: z.nullish(z.string()),
    permissions: z.nullish(Grants()),
  });

/** @throws Failure `service_unavailable` */
export async function profileAtPrivo(ports: Ports, privo: PrivoSettings, serviceId: string): Promise<PrivoProfile> {
  const path = `/userinfo?service_id=${encodeURIComponent(serviceId)}` as const;
  const found = readAnswer(ports, Answer(), await callPrivo(ports, privo, path), '/userinfo');
  return {
    name: found.given_name ?? undefined,
    displayName: found.display_name ?? found.preferred_username ?? undefined,
    email: found.email ?? undefined,
    privacyFeatures: featuresGranted(privo.featureIds, found.permissions ?? []),
  };
}
