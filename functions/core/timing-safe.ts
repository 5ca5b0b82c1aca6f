import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are equal. The time it takes reveals neither where they differ nor the secret's length. */
export function isSameSecret(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const digest = (text: string | Uint8Array) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
