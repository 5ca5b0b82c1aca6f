import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { authorizeMarkers } from '../permissions/marker-changes.ts';
import { openForWriting } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { filesContract } from './contract.ts';
import { erase } from './erasing.ts';
import { changeMarkers, counts, isHeld, readRow } from './file-store.ts';
import { knownFile, notFound, placeInRecord } from './known-files.ts';
import { followMarkers } from './public-reading.ts';

type Updating = z.output<(typeof filesContract)['operations']['updateFile']['input']>;
type Erasing = z.output<(typeof filesContract)['operations']['eraseFile']['input']>;

/** Changes a file's markers. Its URL is made public or private accordingly before the answer. */
export async function updateFile(ports: Ports, caller: Caller, { recordKey, fileUrl, markers, instances }: Updating) {
  const opened = await openForWriting(ports, caller, recordKey);
  const place = placeInRecord(ports, opened, fileUrl);
  await untilSettled(async () => {
    const file = await knownFile(ports, place);
    const matter = { kind: 'file', action: 'update', markers: file.markers, resourceId: place.fileName } as const;
    await authorize(ports, opened, matter, instances);
    await authorizeMarkers(ports, opened, file.markers, markers, instances);
    return (await changeMarkers(ports, file, [...new Set(markers)])) ? { answer: undefined } : undefined;
  });
  await followMarkers(ports, place);
  return {};
}

/** Makes a file inaccessible, then erases its bytes. The next call finishes an erasure that failed half-way. */
export async function eraseFile(ports: Ports, caller: Caller, { recordKey, fileUrl, instances }: Erasing) {
  const opened = await openForWriting(ports, caller, recordKey);
  const place = placeInRecord(ports, opened, fileUrl);
  return untilSettled(async () => {
    const row = await readRow(ports, place);
    const isHalfErased = row?.state === 'erasing' && !isHeld(ports, row) && row.markers.length > 0;
    if (!row || !(counts(ports, row) || isHalfErased)) throw notFound();
    const matter = { kind: 'file', action: 'delete', markers: row.markers, resourceId: place.fileName } as const;
    await authorize(ports, opened, matter, instances);
    return (await erase(ports, row)) ? { answer: place } : undefined;
  });
}
