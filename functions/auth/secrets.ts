import { createHmac } from 'node:crypto';
import { base64 } from '../core/base64.ts';
import type { Ids, Secrets } from '../core/ports.ts';

/** What is secret about a sign-in, and how it is kept: never in clear, never compared in a time that tells how far it fits. */

/** Names and secrets of sessions and login requests: 128 random bits, as base64 text. */
export function randomSecret(ids: Ids): string {
  return base64(ids.bytes(16));
}

/** A keyed hash is slow enough to reverse, since the secret has 128 random bits. */
export function hashOfSessionSecret(sessionId: string, secret: string): string {
  return base64(createHmac('sha256', sessionId).update(secret).digest());
}

/** A code has 20 bits only, so its hash takes a secret that the table does not hold. */
export async function hashOfCode(secrets: Secrets, requestId: string, code: string): Promise<string> {
  return base64(
    createHmac('sha256', await secrets.server())
      .update(`code\n${requestId}\n${code}`)
      .digest(),
  );
}

/** Needed in clear to check connection tokens, so it is derived and stored nowhere. */
export async function connectionSecretOf(secrets: Secrets, sessionId: string): Promise<string> {
  const derived = createHmac('sha256', await secrets.server())
    .update(`conn${sessionId}`)
    .digest();
  return base64(derived.subarray(0, 16));
}

/** Six digits, all equally likely. */
export function newCode(ids: Ids): string {
  return String(ids.integer(1_000_000)).padStart(6, '0');
}
