import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { countOf } from '../records/counters.ts';
import { openRecord } from '../records/open-record.ts';
import type { instsContract } from './contract.ts';
import type { Inst } from './inst-store.ts';
import { instsAfter, namesMarked, readInsts } from './inst-store.ts';

type Listing = z.output<(typeof instsContract)['operations']['listInsts']['input']>;

const pageInsts = 10;

/** Ten insts after a name, in the order of UTF-8. Who may list what is private may list all of them. */
export async function list(ports: Ports, caller: Caller, input: Listing) {
  if (input.recordName == null) return { insts: [], totalCount: 0 };
  const opened = await openRecord(ports, caller, input.recordName);
  const recordName = opened.record.name;
  const marker = input.marker ?? undefined;
  await authorize(ports, opened, { kind: 'inst', action: 'list', markers: [marker ?? builtIn.private] });
  const after = input.inst ?? undefined;
  const [found, totalCount] = await Promise.all([
    marker === undefined
      ? instsAfter(ports, recordName, after, pageInsts)
      : instsMarked(ports, recordName, marker, after),
    countOf(ports.table, recordName, marker === undefined ? 'inst' : { marker, of: 'inst' }),
  ]);
  const insts = found.slice(0, pageInsts).map(({ inst, markers }) => ({ recordName, inst, markers: [...markers] }));
  return { insts, totalCount };
}

/** An inst that has gone since its row was read is left out, and the next one takes its place. */
async function instsMarked(ports: Ports, recordName: string, marker: string, after: string | undefined) {
  const insts: Inst[] = [];
  let cursor = after;
  do {
    const limit = pageInsts - insts.length;
    const names = (await namesMarked(ports, recordName, marker, cursor, limit)).slice(0, limit);
    const found = await readInsts(ports, recordName, names);
    insts.push(...found.filter(({ markers }) => markers.includes(marker)));
    cursor = names.at(-1);
  } while (cursor !== undefined && insts.length < pageInsts);
  return insts;
}
