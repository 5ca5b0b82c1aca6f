import type { Scope } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type ApiKey, findKey, keyCalled, noteUse } from './api-key-store.ts';
import { hashOfKey } from './key-text.ts';

/** The key that a caller sent, whose use is noted. Undefined for a key that never existed or was deleted. */
export async function shownKey({ table, clock }: Ports, text: string): Promise<ApiKey | undefined> {
  const key = await findKey(table, hashOfKey(text));
  if (key) await noteUse(table, key, clock.now());
  return key;
}

/** A user's key by its id, if it has not been deleted. */
export function keyOf({ table }: Ports, userId: UserId, id: string): Promise<ApiKey | undefined> {
  return keyCalled(table, userId, id);
}

export type { ApiKey };

/** The scopes of a key: its highest permission includes the lower ones. */
export function scopesOf({ permissions }: ApiKey): readonly Scope[] {
  const highest = Math.max(...permissions.map((permission) => ladder.indexOf(permission)));
  return ladder.slice(0, highest + 1);
}

const ladder: readonly Scope[] = ['read', 'write', 'admin'];
