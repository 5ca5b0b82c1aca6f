import type { ProviderFacts } from '../auth/users.ts';

/** Somebody who signed in at a provider, as it describes them. */
export interface Profile {
  /** Theirs at the provider, for good. */
  readonly subject: string;
  /** Only where the provider has checked that it is theirs. */
  readonly verifiedEmail: string | undefined;
  /** What our user's row takes over from it. */
  readonly facts: ProviderFacts;
}

/** An identity provider where people sign in: OpenID Connect, authorization code with PKCE. */
export interface OpenIdProvider {
  /** In requests and sessions. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Its OpenID configuration is found below this address. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: () => Promise<string>;
  /** Our page to which it sends people back. */
  readonly redirectUrl: string;
  readonly scope: string;
  /** Where people sign out there. */
  logoutUrl(idToken: string): string;
  /**
   * Reads the claims of its userinfo endpoint.
   * @throws Failure `invalid_request` for people who may not sign in here
   */
  profileOf(claims: Readonly<Record<string, unknown>>): Profile;
}
