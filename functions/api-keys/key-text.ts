import { createHash } from 'node:crypto';
import type { Ids } from '../core/ports.ts';

/** The text of an API key: a prefix that shows its kind, and 128 random bits. */

const prefix = 'mc_live_';
/** Some keys of this family, like `mc_test_`, were never issued. */
const family = 'mc_';

export function newKeyText(ids: Ids): string {
  return `${prefix}${Buffer.from(ids.bytes(16)).toString('hex')}`;
}

export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(family);
}

/** The stored form of a key. 128 random bits need no slow hash. */
export function hashOfKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The part of a key that may be shown, so that users can tell their keys apart. */
export function shownPart(text: string): string {
  return text.slice(0, 12);
}
