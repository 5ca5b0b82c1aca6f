import * as z from 'zod/mini';
import { Failure } from '../core/errors.ts';
import type { Secrets } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import type { OpenIdProvider, Profile } from '../openid/provider.ts';
import { featuresGranted, Grants } from './features.ts';

/** Privo as an identity provider. Adults and children sign in there; the profile says what a child may do. */
export function privoProvider(settings: PrivoSettings, secrets: Secrets): OpenIdProvider {
  const { clientId, clientSecret, clientSecretArn, redirectUri, userTokenScopes } = settings;
  const issuer = withoutSlash(settings.publicEndpoint);
  return {
    name: 'privo',
    title: 'Privo',
    issuer,
    clientId,
    clientSecret: async () => clientSecret ?? (await secrets.named(clientSecretArn ?? '')),
    redirectUrl: redirectUri,
    scope: userTokenScopes ?? defaultScopes,
    logoutUrl: (idToken) => `${issuer}/logout?id_token_hint=${encodeURIComponent(idToken)}`,
    profileOf: (claims) => profileOf(settings, claims),
  };
}

export function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}

const defaultScopes =
  'TRUST openid profile user_profile address service_profile connected_profiles manage_consent email additional_info offline_access delete_account consent_url update_password_link';

const Claims = () =>
  z.object({
    sub: z.string().check(z.minLength(1), z.maxLength(255)),
    role_identifier: z.string(),
    email: z.nullish(z.string()),
    email_verified: z.nullish(z.boolean()),
    permissions: z.nullish(Grants()),
  });

function profileOf({ roleIds, featureIds }: PrivoSettings, claims: Readonly<Record<string, unknown>>): Profile {
  const read = z.safeParse(Claims(), claims);
  if (!read.success) throw new Failure('invalid_request', 'Privo’s profile of this person cannot be read.');
  const { sub, role_identifier: role, email, email_verified: isVerified, permissions } = read.data;
  // Parents have accounts to give consent, not to sign in.
  if (role !== roleIds.adult && role !== roleIds.child) {
    throw new Failure('invalid_request', 'Only adults and children sign in here, and Privo calls this person neither.');
  }
  return {
    subject: sub,
    verifiedEmail: isVerified === true ? (email ?? undefined) : undefined,
    facts: { privoServiceId: sub, privacyFeatures: featuresGranted(featureIds, permissions ?? []) },
  };
}
