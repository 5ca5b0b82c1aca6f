import { createHmac } from 'node:crypto';
import { base64 } from '../core/base64.ts';
import type { Ids, Secrets } from '../core/ports.ts';

/** Secrets of sign-ins: never stored in plain text, and compared in constant time. */

/** Ids and secrets of sessions and login requests: 128 random bits, as base64 text. */
export function randomSecret(ids: Ids): string {
  return base64(ids.bytes(16));
}

/** A plain keyed hash cannot be reversed, because the secret has 128 random bits. */
export function hashOfSessionSecret(sessionId: string, secret: string): string {
  return base64(createHmac('sha256', sessionId).update(secret).digest());
}

/** A code has only 20 bits, so its hash includes a secret that is not in the table. */
export async function hashOfCode(secrets: Secrets, requestId: string, code: string): Promise<string> {
  return base64(
    createHmac('sha256', await secrets.server())
      .update(`code\n${requestId}\n${code}`)
      .digest(),
  );
}

/** Derived and never stored, because checking connection tokens needs it in plain text. */
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
