import { createHash } from 'node:crypto';
import type { Ids } from '../core/ports.ts';

/** A token is 256 random bits, so a plain hash is enough to store it. */

export function newTokenText(ids: Ids): string {
  return Buffer.from(ids.bytes(32)).toString('base64url');
}

export function hashOfToken(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
