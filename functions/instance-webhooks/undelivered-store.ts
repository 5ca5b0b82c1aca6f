import { ex } from '../core/expression.ts';
import { keys, undeliveredOf } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table } from '../core/table.ts';
import { type Delivery, idOf, type Sequence } from './delivery.ts';
import { countSkipped } from './webhook-store.ts';

/** Undelivered changes, in order; changes that were given up are kept for a while. */

export interface Undelivered {
  readonly delivery: Delivery;
  /** The number of attempts so far. */
  readonly attempts: number;
  readonly nextAt: EpochMs;
}

/** Longer than all attempts together. */
const keptSeconds = 7 * 86_400;
/** At most so many changes of one key wait. */
const mostWaiting = 100;
const givenUpKeptSeconds = 14 * 86_400;

export async function firstUndelivered(table: Table, sequence: Sequence): Promise<Undelivered | undefined> {
  const [item] = await table.query({ pk: undeliveredOf(sequence), limit: 1 });
  return item && undeliveredIn(item);
}

/**
 * A change that is stored already stays as it is. If a key keeps changing while nothing can be delivered, the oldest
 * changes wait, and the newest one, which replaces the newest before it. So a receiver ends with the key's current
 * state.
 */
export async function keepUndelivered(table: Table, undelivered: Undelivered): Promise<void> {
  const { delivery } = undelivered;
  const [[first], [last]] = await Promise.all([
    table.query({ pk: undeliveredOf(delivery), limit: 1 }),
    table.query({ pk: undeliveredOf(delivery), limit: 1, backward: true }),
  ]);
  const isNewest = last !== undefined && undeliveredIn(last).delivery.version < delivery.version;
  if (isNewest && placeOf(last) - placeOf(first) + 1 >= mostWaiting) {
    const isThere = ex`attribute_exists(pk)`;
    const replaced = await table.transact([
      { put: itemOf(undelivered, placeOf(last)) },
      { delete: keys.undelivered(delivery, undeliveredIn(last).delivery.version), when: isThere },
      countSkipped(delivery),
    ]);
    if (replaced.ok) return;
    // The last one has just been delivered, or the webhook was deleted: there is room.
  }
  await table.put(itemOf(undelivered, placeOf(last) + (isNewest ? 1 : 0)), ex`attribute_not_exists(pk)`);
}

/** Counts the waiting changes of a key without gaps. Versions are those of the instance, so they have gaps. */
const placeOf = (item: Item | undefined): number => Number(item?.place ?? 0);

function itemOf({ delivery, attempts, nextAt }: Undelivered, place: number) {
  const ttl = Math.floor(delivery.at / 1000) + keptSeconds;
  const key = keys.undelivered(delivery, delivery.version);
  return { ...key, delivery: JSON.stringify(delivery), attempts, nextAt, place, ttl };
}

export async function putOff(table: Table, { delivery, attempts, nextAt }: Undelivered): Promise<void> {
  await table.update(keys.undelivered(delivery, delivery.version), ex`SET attempts = ${attempts}, nextAt = ${nextAt}`, {
    when: ex`attribute_exists(pk)`,
  });
}

export async function dropUndelivered(table: Table, { delivery }: Pick<Undelivered, 'delivery'>): Promise<void> {
  await table.delete(keys.undelivered(delivery, delivery.version));
}

export async function giveUp(table: Table, { delivery, attempts }: Undelivered, now: EpochMs): Promise<void> {
  const ttl = Math.floor(now / 1000) + givenUpKeptSeconds;
  const item = {
    ...keys.givenUp(delivery.webhookId, now, idOf(delivery)),
    delivery: JSON.stringify(delivery),
    attempts,
    ttl,
  };
  await table.transact([{ put: item }, { delete: keys.undelivered(delivery, delivery.version) }]);
}

function undeliveredIn({ delivery, attempts, nextAt }: Item): Undelivered {
  // Written above.
  return { delivery: JSON.parse(String(delivery)), attempts: Number(attempts), nextAt: nextAt as EpochMs };
}
