import { askToCloseSockets } from '../core/close-sockets.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keyCalled, listKeys, removeKey } from './api-key-store.ts';

/**
 * Makes the key invalid at once, and closes the sockets that were opened with it. Closing is requested before the
 * deletion as well as after it. If the handler dies in between, a socket may be closed for nothing, but none stays
 * open.
 * @returns false if the user has no such key
 */
export async function deleteKey(ports: Ports, userId: UserId, id: string): Promise<boolean> {
  if (!(await keyCalled(ports.table, userId, id))) return false;
  const opened = { userId, credential: { kind: 'apiKey', id } } as const;
  await askToCloseSockets(ports, opened);
  const removed = await removeKey(ports.table, userId, id);
  if (removed) await askToCloseSockets(ports, opened);
  return removed;
}

export async function hasKeys({ table }: Ports, userId: UserId): Promise<boolean> {
  return (await listKeys(table, userId)).length > 0;
}

/** Called when a user is deleted. */
export async function removeKeysOf(ports: Ports, userId: UserId): Promise<void> {
  for (const { id } of await listKeys(ports.table, userId)) await deleteKey(ports, userId, id);
}
