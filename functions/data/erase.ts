import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { DataSpace } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { openForWriting } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { dataContract } from './contract.ts';
import { fits } from './record.ts';
import { deleteItem, readItem } from './store.ts';

type Erasing = z.output<(typeof dataContract)['operations']['eraseData']['input']>;

/** Erases a value. Callers without permission do not learn whether it exists. */
export async function erase(
  ports: Ports,
  caller: Caller,
  space: DataSpace,
  { recordKey, address, instances }: Erasing,
) {
  const opened = await openForWriting(ports, caller, recordKey);
  const place = { space, recordName: opened.record.name, address };
  await untilSettled(async () => {
    const item = await readItem(ports.table, place);
    const markers = item?.markers ?? [builtIn.publicRead];
    await authorize(ports, opened, { kind: 'data', action: 'delete', resourceId: address, markers }, instances);
    if (!item) throw new Failure('data_not_found', 'There is no data at this address.');
    const isOwner = opened.subjectId !== null && opened.subjectId === opened.record.ownerId;
    if (!isOwner && !fits(item.deletePolicy, opened)) {
      throw new Failure('not_authorized', 'The deletePolicy does not permit this user to erase the data.');
    }
    return (await deleteItem(ports, place, item)) === 'done' ? { answer: undefined } : undefined;
  });
  return { recordName: place.recordName, address };
}
