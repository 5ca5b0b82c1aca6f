import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { authorize } from './decide.ts';
import { markers as builtIn, markerChanges, rootOf } from './markers.ts';

/**
 * A caller needs permission to assign a marker that they add, and to unassign one that they remove. A new resource may
 * have `publicRead` without permission. Record keys give none of these permissions; with a subjectless key nobody may
 * change markers.
 * @param before undefined for a new resource
 * @throws Failure `not_logged_in`, or `not_authorized` naming the marker
 */
export async function authorizeMarkers(
  ports: Ports,
  record: OpenRecord,
  before: readonly string[] | undefined,
  after: readonly string[],
  instances?: readonly string[],
): Promise<void> {
  const { added, removed } = markerChanges(before ?? [], after);
  const assigned = before ? added : added.filter((marker) => rootOf(marker) !== builtIn.publicRead);
  const deeds = [
    ...assigned.map((marker) => ({ action: 'assign', marker })),
    ...removed.map((marker) => ({ action: 'unassign', marker })),
  ];
  const asking = record.key?.policy === 'subjectless' ? { ...record, user: undefined } : record;
  for (const { action, marker } of deeds) {
    const matter = { kind: 'marker', action, resourceId: marker, markers: [marker, builtIn.account] } as const;
    await authorize(ports, asking, matter, instances);
  }
}
