import { createHash } from 'node:crypto';
import type { Ids } from '../core/ports.ts';

/** The text of an API key: a prefix that tells what it is, and 128 random bits. */

const prefix = 'mc_live_';
/** Some with it, like `mc_test_`, were never handed out. */
const family = 'mc_';

export function newKeyText(ids: Ids): string {
  return `${prefix}${Buffer.from(ids.bytes(16)).toString('hex')}`;
}

export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(family);
}

/** How a key is kept: 128 random bits need no slow hash. */
export function hashOfKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As much of a key as may be shown: people tell their keys apart by it. */
export function shownPart(text: string): string {
  return text.slice(0, 12);
}
