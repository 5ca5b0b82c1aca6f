import type { Ports } from '../core/ports.ts';
import { isPublic } from '../permissions/public.ts';
import { readRow } from './file-store.ts';
import type { Place } from './places.ts';
import { keyOf } from './places.ts';

/** Whether everybody may read what bears these markers. */
export function isReadByAll(markers: readonly string[]): boolean {
  return isPublic({ kind: 'file', action: 'read', markers });
}

/**
 * Opens or closes the URL of a stored file as its markers say. Of several who do so at once the last looks at the row once
 * more, after all have written it: what is left is what the row says.
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
      // Erased meanwhile: then there is nothing left to open or close.
      if ((await readRow(ports, place))?.state === 'stored') throw cause;
      return;
    }
  }
}
