import { ex } from '../core/expression.ts';
import { eventsIn, keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { counting } from '../records/counters.ts';

export interface Event {
  readonly eventName: string;
  readonly count: number;
  readonly markers: string[];
}

/** The key of an event. */
export interface Place {
  readonly recordName: string;
  readonly eventName: string;
}

/** A caller and its idempotency key. A repeat must have the same count. */
export interface Addition {
  readonly who: string;
  readonly key: string;
}

/**
 * `changed`: the event was created, or its markers changed, since it was read. `full`: there is no room for another
 * event. `repeated`: this addition was already made, with this count.
 */
export type Outcome = 'done' | 'changed' | 'full' | { readonly repeated: number };

const additionSeconds = 24 * 3600;

export async function readEvent(table: Table, { recordName, eventName }: Place): Promise<Event | undefined> {
  const item = await table.get(keys.event(recordName, eventName));
  return item && eventOf(item);
}

/** The next events after a name, sorted by name. */
export async function eventsAfter(
  table: Table,
  recordName: string,
  eventName: string | undefined,
  limit: number,
): Promise<Event[]> {
  // One more, because a range includes its start.
  const range = eventName === undefined ? { limit } : { from: eventName, limit: limit + 1 };
  const events = (await table.query({ pk: eventsIn(recordName), ...range })).map(eventOf);
  return events.filter((event) => event.eventName !== eventName).slice(0, limit);
}

/** Adds without reading first, so that no concurrent addition is lost. */
export async function addTo(ports: Ports, place: Place, count: number, addition?: Addition): Promise<Outcome> {
  const [key, change, when] = [keys.event(place.recordName, place.eventName), ex`ADD total ${count}`, exists];
  if (!addition) return (await ports.table.update(key, change, { when })).ok ? 'done' : 'changed';
  return transact(ports, [{ update: key, change, when }, ...once(ports, place, count, addition)]);
}

/** Changes count or markers, or both, if the markers are still those that were read. */
export async function change(
  { table }: Ports,
  place: Place,
  before: Event,
  { count, markers }: Partial<Event>,
): Promise<Outcome> {
  const next = markers ?? before.markers;
  const set = count === undefined ? ex`SET markers = ${next}` : ex`SET markers = ${next}, total = ${count}`;
  const when = ex`markers = ${before.markers}`;
  return (await table.update(keys.event(place.recordName, place.eventName), set, { when })).ok ? 'done' : 'changed';
}

/** Creates an event with its first count. */
export async function make(
  ports: Ports,
  place: Place,
  { count, markers }: Omit<Event, 'eventName'>,
  room: number | undefined,
  addition?: Addition,
): Promise<Outcome> {
  const item = { ...keys.event(place.recordName, place.eventName), total: count, markers };
  const writes = [{ put: item, when: isNew }, ...(addition ? once(ports, place, count, addition) : [])];
  return transact(ports, [...writes, counting(place.recordName, 'event', 1, room)]);
}

const exists = ex`attribute_exists(pk)`;
const isNew = ex`attribute_not_exists(pk)`;

function once({ clock }: Ports, place: Place, added: number, { who, key }: Addition): TransactWrite[] {
  const ttl = Math.ceil(clock.now() / 1000) + additionSeconds;
  const row = keys.eventAddition(place.recordName, place.eventName, who, key);
  return [{ put: { ...row, added, ttl }, when: isNew }];
}

/**
 * The event's write comes first. The counter, the only write that can be full, comes last. The addition, which knows
 * its count, is between them.
 */
async function transact({ table }: Ports, writes: readonly TransactWrite[]): Promise<Outcome> {
  const done = await table.transact(writes);
  if (done.ok) return 'done';
  const added = done.current.find((item) => typeof item?.added === 'number')?.added;
  if (typeof added === 'number') return { repeated: added };
  return done.lost[0] ? 'changed' : 'full';
}

function eventOf(item: Item): Event {
  // Written by this file only.
  return { eventName: String(item.sk), count: Number(item.total), markers: item.markers as string[] };
}
