/** Settings of an application at Clerk, for its users and tokens. All are optional. */
export interface ClerkSettings {
  /**
   * The secret key, or the ARN of the secret that holds it. With it the server fetches the public keys from Clerk's
   * API.
   */
  readonly secretKey: string | undefined;
  /** URL of the public keys, instead of Clerk's API. */
  readonly jwksUrl: string | undefined;
  /** Tokens must have this issuer. */
  readonly issuer: string | undefined;
  /** Origins for which tokens must have been issued; empty: any. */
  readonly authorizedParties: readonly string[];
  /** The secret with which Clerk signs its webhooks, or the ARN of the secret that holds it. */
  readonly webhookSecret: string | undefined;
}

/** Whether the server accepts Clerk's tokens. */
export function acceptsTokens({ secretKey, jwksUrl, issuer }: ClerkSettings): boolean {
  return (secretKey ?? jwksUrl ?? issuer) !== undefined;
}
