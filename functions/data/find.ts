import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { read } from '../core/kept-text.ts';
import type { DataSpace } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { openRecord } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { dataContract } from './contract.ts';
import { readItem } from './store.ts';

type Reading = z.output<(typeof dataContract)['operations']['getData']['input']>;

/**
 * Reads a value. Everyone is told if there is none, which clients rely on; only authorized callers get the value
 * itself.
 */
export async function find(
  ports: Ports,
  caller: Caller,
  space: DataSpace,
  { recordName, address, instances }: Reading,
) {
  const opened = await openRecord(ports, caller, recordName);
  const place = { space, recordName: opened.record.name, address };
  return untilSettled(async () => {
    const item = await readItem(ports.table, place);
    if (!item) throw new Failure('data_not_found', 'There is no data at this address.');
    const { value, address: _, ...rest } = item;
    const matter = { kind: 'data', action: 'read', resourceId: address, markers: rest.markers } as const;
    await authorize(ports, opened, matter, instances);
    const text = await read(ports, value);
    return text === undefined
      ? undefined
      : { answer: { recordName: place.recordName, data: JSON.parse(text) as unknown, ...rest } };
  });
}
