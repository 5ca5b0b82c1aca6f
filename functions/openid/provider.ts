import type { ProviderFacts } from '../auth/users.ts';

/** A user who signed in at a provider, as the provider describes them. */
export interface Profile {
  /** The user's permanent id at the provider. */
  readonly subject: string;
  /** Only if the provider has verified that the address is the user's. */
  readonly verifiedEmail: string | undefined;
  /** Stored in our user's row. */
  readonly facts: ProviderFacts;
}

/** An identity provider: OpenID Connect, authorization code with PKCE. */
export interface OpenIdProvider {
  /** Its name in requests and sessions. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** Its OpenID configuration is found below this address. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: () => Promise<string>;
  /** Our page, to which it redirects users. */
  readonly redirectUrl: string;
  readonly scope: string;
  /** The URL where users sign out there. */
  logoutUrl(idToken: string): string;
  /**
   * Reads the claims of its userinfo endpoint.
   * @throws Failure `invalid_request` for users who may not sign in here
   */
  profileOf(claims: Readonly<Record<string, unknown>>): Profile;
}
