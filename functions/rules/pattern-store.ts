import { isInTheWay } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, patternAt, patternEventsFrom } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import type { RuleEvent } from './event.ts';
import type { TemporalState } from './temporal.ts';

/**
 * The state of a rule's event pattern for one group: an item that can only be replaced by a process that has read its
 * current version. For patterns that count over a window it is empty, and only orders concurrent additions of events,
 * which have their own items.
 */
export interface KeptState {
  /** Undefined: no pattern has begun. */
  readonly state: TemporalState | undefined;
  /** Changes with every change of it; undefined while there is no item. */
  readonly mark: string | undefined;
  /** A process runs the triggered rule; after this time it counts as dead. */
  readonly firingUntil: number | undefined;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** The most events of one group in a window; only the newest count. */
const mostEvents = 10_000;

export async function readState({ table }: Ports, place: string): Promise<KeptState> {
  const item = await table.get(keys.patternState(place));
  return {
    state: typeof item?.state === 'string' ? (JSON.parse(item.state) as TemporalState) : undefined, // written here
    mark: typeof item?.mark === 'string' ? item.mark : undefined,
    firingUntil: typeof item?.firingUntil === 'number' ? item.firingUntil : undefined,
  };
}

/** @returns false when it has changed since it was read */
export async function writeState(
  { table, ids }: Ports,
  place: string,
  before: KeptState,
  state: (TemporalState & { readonly endsAt: number }) | undefined,
): Promise<boolean> {
  const key = keys.patternState(place);
  const asRead = unchanged(before);
  if (!state) return before.mark === undefined || (await table.delete(key, asRead)).ok;
  const ttl = Math.ceil((state.endsAt + dayMs) / 1000);
  return (await table.put({ ...key, state: JSON.stringify(state), mark: ids.uuid(), ttl }, asRead)).ok;
}

/** Claims the firing for this process. @returns undefined when it has changed since it was read */
export async function claimState(
  { table, ids }: Ports,
  place: string,
  before: KeptState,
  until: number,
): Promise<KeptState | undefined> {
  const mark = ids.uuid();
  const change = ex`SET mark = ${mark}, firingUntil = ${until}`;
  const claimed = await table.update(keys.patternState(place), change, { when: unchanged(before) });
  return claimed.ok ? { ...before, mark, firingUntil: until } : undefined;
}

/** Events later than a moment, in time order. */
export async function eventsAfter({ table }: Ports, place: string, moment: number): Promise<RuleEvent[]> {
  const items = await table.query({
    pk: patternAt(place),
    from: patternEventsFrom(moment + 1),
    to: patternEventsFrom(Number.MAX_SAFE_INTEGER - 1),
    backward: true,
    limit: mostEvents,
    only: ['event'],
  });
  return items.map(eventOf).reverse();
}

/**
 * Adds an event after all that existed when the state was read: of several concurrent calls one succeeds.
 * @returns false for the others
 */
export async function addEvent(
  { table, ids }: Ports,
  place: string,
  before: KeptState,
  event: RuleEvent,
  windowMs: number,
): Promise<boolean> {
  const ttl = Math.ceil((event.timestamp + windowMs + hourMs) / 1000);
  try {
    const added = await table.transact([
      { put: { ...keys.patternState(place), mark: ids.uuid(), ttl }, when: unchanged(before) },
      { put: { ...keys.patternEvent(place, event.timestamp, event.id), event: JSON.stringify(event), ttl } },
    ]);
    return added.ok;
  } catch (thrown) {
    if (isInTheWay(thrown)) return false;
    throw thrown;
  }
}

const unchanged = ({ mark }: KeptState) => (mark === undefined ? ex`attribute_not_exists(pk)` : ex`mark = ${mark}`);

const eventOf = (item: Item): RuleEvent => JSON.parse(String(item.event)) as RuleEvent; // written by addEvent
