/** Users, and tokens, of an application at Clerk. All of it is optional. */
export interface ClerkSettings {
  /** The key itself, or the ARN of the secret that holds it: opens Clerk's own address of public keys. */
  readonly secretKey: string | undefined;
  /** Where else the public keys are. */
  readonly jwksUrl: string | undefined;
  /** Tokens must be of this issuer. */
  readonly issuer: string | undefined;
  /** Tokens must have been made for one of these pages; empty: for any. */
  readonly authorizedParties: readonly string[];
  /** With which Clerk signs what it tells us, or the ARN of the secret that holds it. */
  readonly webhookSecret: string | undefined;
}

/** Whether tokens of Clerk's are accepted. */
export function acceptsTokens({ secretKey, jwksUrl, issuer }: ClerkSettings): boolean {
  return (secretKey ?? jwksUrl ?? issuer) !== undefined;
}
