import type { AuditEntry } from '../core/app.ts';
import { ex } from '../core/expression.ts';
import { auditIndex, keys, padded } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key } from '../core/table.ts';

/**
 * The items of the audit log, one partition per day. An unfinished entry is also in an index, so that a job finds
 * entries whose handler died.
 */

export const dayMs = 24 * 3_600_000;

/** How long entries are kept, ms. */
export const retentionMs = ({ app: { audit } }: Pick<Ports, 'app'>): number => (audit?.retentionDays ?? 90) * dayMs;

/** The key of an entry: two entries of the same millisecond have different request ids. */
export interface Place {
  readonly at: EpochMs;
  readonly requestId: string;
}

const keyOf = ({ at, requestId }: Place): Key => keys.audit(dayOf(at), at, requestId);
const dayOf = (at: number): number => Math.floor(at / dayMs);

/** Stores the entry of an operation that begins. Readers do not see it until it is finished. */
export async function putBegun(ports: Ports, place: Place, entry: AuditEntry): Promise<void> {
  const open = { isOpen: true, gsi1pk: auditIndex.open, gsi1sk: padded(place.at) };
  await ports.table.put({ ...itemOf(ports, place, entry), ...open });
}

/** Stores the result of an operation, and finishes its entry if it was begun. */
export async function putFinished(ports: Ports, place: Place, entry: AuditEntry): Promise<void> {
  await ports.table.put(itemOf(ports, place, entry));
}

function itemOf(ports: Ports, place: Place, entry: AuditEntry): Key & Item {
  return {
    ...keyOf(place),
    entry: JSON.stringify(entry),
    ttl: Math.ceil((place.at + retentionMs(ports)) / 1000),
    ...(ports.app.audit?.onEntry ? { derives: 'audit' } : {}),
  };
}

/** @param item of the log */
export const entryIn = (item: Item): AuditEntry => JSON.parse(String(item.entry)) as AuditEntry; // written by itemOf only

const pageSize = 500;

/** Entries of a period, both ends included, newest first. Reads one page at a time, on demand. */
export async function* entriesBackward({ table }: Ports, from: number, to: number): AsyncGenerator<AuditEntry> {
  for (let day = dayOf(to); day >= dayOf(from); day--) {
    const { pk } = keys.audit(day, 0, '');
    let bound = `${padded(to)}#~`;
    for (;;) {
      const items = await table.query({ pk, from: padded(from), to: bound, backward: true, limit: pageSize + 1 });
      const fresh = items.filter(({ sk }) => sk !== bound);
      for (const item of fresh) if (item.isOpen === undefined) yield entryIn(item);
      if (items.length <= pageSize) break;
      bound = String(items.at(-1)?.sk);
    }
  }
}

/** Entries that began before a time and are not finished. */
export async function openItems({ table }: Ports, before: EpochMs): Promise<Item[]> {
  return table.query({ index: 'gsi1', pk: auditIndex.open, to: padded(before) });
}

/** Has no effect if the entry was finished meanwhile. */
export async function finish({ table }: Ports, { pk, sk }: Item, entry: AuditEntry): Promise<void> {
  const change = ex`SET entry = ${JSON.stringify(entry)} REMOVE isOpen, gsi1pk, gsi1sk`;
  await table.update({ pk: String(pk), sk: String(sk) }, change, { when: ex`attribute_exists(isOpen)` });
}
