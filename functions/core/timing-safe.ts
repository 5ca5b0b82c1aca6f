import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same, in a time that does not tell where they differ or how long the secret one is. */
export function isSameSecret(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const digest = (text: string | Uint8Array) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
