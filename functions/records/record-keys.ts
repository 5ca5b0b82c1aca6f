import { createHmac } from 'node:crypto';
import { base64 } from '../core/base64.ts';
import type { Ids } from '../core/ports.ts';

/** 128 random bits, as base64 text. */
export const newSecret = (ids: Ids): string => base64(ids.bytes(16));

/** The stored form of a key. Changing the record's salt invalidates all its keys. */
export function hashOfKey(salt: string, secret: string): string {
  return createHmac('sha256', salt).update(secret).digest('base64url');
}
