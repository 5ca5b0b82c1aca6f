import type { Ports } from '../core/ports.ts';
import { isPublic } from '../permissions/public.ts';
import { readRow } from './file-store.ts';
import type { Place } from './places.ts';
import { keyOf } from './places.ts';

/** Whether everyone may read a resource with these markers. */
export function isReadByAll(markers: readonly string[]): boolean {
  return isPublic({ kind: 'file', action: 'read', markers });
}

/**
 * Makes the URL of a stored file public or private by its markers. Each of several concurrent calls reads the row again
 * after its change, so that the final state matches the row.
 */
export async function followMarkers(ports: Ports, place: Place): Promise<void> {
  let set: boolean | undefined;
  for (;;) {
    const row = await readRow(ports, place);
    if (row?.state !== 'stored' || isReadByAll(row.markers) === set) return;
    set = isReadByAll(row.markers);
    try {
      await ports.files.setPublic(keyOf(place), set);
    } catch (cause) {
      // Ignored if the file was erased meanwhile.
      if ((await readRow(ports, place))?.state === 'stored') throw cause;
      return;
    }
  }
}
