import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { authorizeMarkers } from '../permissions/marker-changes.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { countOf, roomIn } from '../records/counters.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { openForWriting, openRecord, ownerOf } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import { eventsContract } from './contract.ts';
import type { Addition, Event, Outcome } from './store.ts';
import { addTo, change, eventsAfter, make, readEvent } from './store.ts';

/**
 * Counters by name. The table itself performs additions, so concurrent ones all count. A repeated request adds again,
 * unless it carries the same idempotency key.
 */
export const events = implement('events', eventsContract, {
  async addEventCount(ports, caller, { recordKey, eventName, count, instances }) {
    const opened = await openForWriting(ports, caller, recordKey);
    const place = { recordName: opened.record.name, eventName };
    const addition = additionOf(caller);
    await untilSettled(async () => {
      const before = await readEvent(ports.table, place);
      const markers = before?.markers ?? unmarked;
      await authorize(ports, opened, { kind: 'event', action: 'increment', resourceId: eventName, markers }, instances);
      const room = await roomFor(ports, opened, before);
      return settled(
        before
          ? await addTo(ports, place, count, addition)
          : await make(ports, place, { count, markers }, room, addition),
        count,
      );
    });
    return { recordName: place.recordName, eventName, countAdded: count };
  },

  async getEventCount(ports, caller, { recordName, eventName, instances }) {
    const opened = await openRecord(ports, caller, recordName);
    const place = { recordName: opened.record.name, eventName };
    const { count, markers } = (await readEvent(ports.table, place)) ?? { count: 0, markers: unmarked };
    await authorize(ports, opened, { kind: 'event', action: 'count', resourceId: eventName, markers }, instances);
    return { ...place, count, markers };
  },

  async updateEvent(ports, caller, { recordKey, eventName, count, markers: wanted, instances }) {
    const opened = await openForWriting(ports, caller, recordKey);
    const place = { recordName: opened.record.name, eventName };
    await untilSettled(async () => {
      const before = await readEvent(ports.table, place);
      const old = before?.markers ?? unmarked;
      const markers = [...new Set(wanted ?? old)];
      await authorize(ports, opened, { kind: 'event', action: 'update', resourceId: eventName, markers }, instances);
      await authorizeMarkers(ports, opened, old, markers, instances);
      const room = await roomFor(ports, opened, before);
      return settled(
        before
          ? await change(ports, place, before, { markers, ...(count == null ? {} : { count }) })
          : await make(ports, place, { count: count ?? 0, markers }, room),
      );
    });
    return {};
  },

  async listEvents(ports, caller, { recordName, eventName, instances }) {
    const opened = await openRecord(ports, caller, recordName);
    await authorize(ports, opened, { kind: 'event', action: 'list', markers: [builtIn.account] }, instances);
    const { name } = opened.record;
    const [found, totalCount] = await Promise.all([
      eventsAfter(ports.table, name, eventName ?? undefined, pageEvents),
      countOf(ports.table, name, 'event'),
    ]);
    return { events: found, totalCount };
  },
});

/** The markers of an event without its own. */
const unmarked: string[] = [builtIn.publicRead];
const pageEvents = 10;
const longestKey = 255;

/** @throws Failure `unacceptable_request` if the key is too long */
function additionOf({ identity, idempotencyKey }: Caller): Addition | undefined {
  if (!idempotencyKey) return undefined;
  if (idempotencyKey.length > longestKey) {
    throw new Failure('unacceptable_request', `The Idempotency-Key must not be longer than ${longestKey} characters.`);
  }
  return { who: identity?.userId ?? '', key: idempotencyKey };
}

/**
 * How many events the record may hold; read only when a new event is about to be created.
 * @throws Failure `not_authorized` if the subscription allows no events
 */
async function roomFor(ports: Ports, { record }: OpenRecord, before: Event | undefined): Promise<number | undefined> {
  const { events: limits } = await ports.limits.of(ownerOf(record));
  if (limits?.allowed === false) throw new Failure('not_authorized', 'The subscription allows no events.');
  return before ? undefined : roomIn(ports, record, 'event', limits?.maxEvents);
}

function settled(outcome: Outcome, count?: number): { readonly answer: undefined } | undefined {
  if (outcome === 'changed') return undefined;
  if (outcome === 'full') {
    throw new Failure('subscription_limit_reached', 'The subscription allows no more events.', {
      errorReason: 'too_many_items',
    });
  }
  if (outcome !== 'done' && outcome.repeated !== count) {
    throw new Failure('unacceptable_request', 'This Idempotency-Key has been used for another count already.');
  }
  return { answer: undefined };
}
