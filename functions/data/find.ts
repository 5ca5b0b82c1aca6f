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

/** Reads a value. That there is none is told to everybody, which clients rely on; what it is only to those who may know. */
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
