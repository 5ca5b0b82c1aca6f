import type { Ports } from '../core/ports.ts';
import type { FileRow } from './file-store.ts';
import { forget, hold, holdNothing, letGo } from './file-store.ts';
import type { Place } from './places.ts';
import { keyOf } from './places.ts';

/** Readers lose the file first, then its bytes go, then its row: whoever fails on the way leaves it to the next. */

/** @returns false when somebody else wrote first */
export async function erase(ports: Ports, row: FileRow): Promise<boolean> {
  const held = await hold(ports, row);
  if (held) await eraseBytes(ports, held);
  return held !== undefined;
}

/** Erases bytes that belong to no row; does nothing where there is one. */
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
