import { isInTheWay } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, patternAt, patternEventsFrom } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import type { RuleEvent } from './event.ts';
import type { TemporalState } from './temporal.ts';

/**
 * How far a rule's pattern of events has come in one group: an item that is replaced only by whoever has seen it as it is.
 * Of a pattern that counts over a window it holds nothing, and orders those who add events, which have items of their own.
 */
export interface KeptState {
  /** Undefined: nothing is under way. */
  readonly state: TemporalState | undefined;
  /** Changes with every change of it; undefined while there is no item. */
  readonly mark: string | undefined;
  /** Somebody is about the rule that this has set off, and has died if they still are after this time. */
  readonly firingUntil: number | undefined;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** As many events of one group as one window can hold; the newest count. */
const mostEvents = 10_000;

export async function readState({ table }: Ports, place: string): Promise<KeptState> {
  const item = await table.get(keys.patternState(place));
  return {
    state: typeof item?.state === 'string' ? (JSON.parse(item.state) as TemporalState) : undefined, // written here
    mark: typeof item?.mark === 'string' ? item.mark : undefined,
    firingUntil: typeof item?.firingUntil === 'number' ? item.firingUntil : undefined,
  };
}

/** @returns false when it is not as it was read any more */
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

/** From here on what it sets off is ours to do. @returns undefined when it is not as it was read any more */
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
 * Adds an event behind all that were there when the state was read: of many who do so at the same time one succeeds.
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
