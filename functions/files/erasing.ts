import type { Ports } from '../core/ports.ts';
import type { FileRow } from './file-store.ts';
import { forget, hold, holdNothing, letGo } from './file-store.ts';
import type { Place } from './places.ts';
import { keyOf } from './places.ts';

/**
 * Erasing first makes the file inaccessible, then deletes its bytes, then its row. If that fails on the way, the next
 * attempt continues.
 */

/** @returns false after a concurrent change */
export async function erase(ports: Ports, row: FileRow): Promise<boolean> {
  const held = await hold(ports, row);
  if (held) await eraseBytes(ports, held);
  return held !== undefined;
}

/** Erases bytes without a row; does nothing if there is a row. */
export async function eraseLeftover(ports: Ports, place: Place): Promise<void> {
  const held = await holdNothing(ports, place);
  if (held) await eraseBytes(ports, held);
}

async function eraseBytes(ports: Ports, held: FileRow): Promise<void> {
  try {
    await ports.files.erase(keyOf(held));
  } catch (cause) {
    await letGo(ports, held);
    throw cause;
  }
  await forget(ports, held);
}
