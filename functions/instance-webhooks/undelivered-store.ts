import { ex } from '../core/expression.ts';
import { keys, undeliveredOf } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table } from '../core/table.ts';
import { type Delivery, idOf, type Sequence } from './delivery.ts';

/** What could not be told yet, in order; what will not be told any more is kept for a while. */

export interface Undelivered {
  readonly delivery: Delivery;
  /** How often it has been tried. */
  readonly attempts: number;
  readonly nextAt: EpochMs;
}

/** Longer than all tries together. */
const keptSeconds = 7 * 86_400;
const givenUpKeptSeconds = 14 * 86_400;

export async function firstUndelivered(table: Table, sequence: Sequence): Promise<Undelivered | undefined> {
  const [item] = await table.query({ pk: undeliveredOf(sequence), limit: 1 });
  return item && undeliveredIn(item);
}

/** What is there already stays as it is. */
export async function keepUndelivered(table: Table, undelivered: Undelivered): Promise<void> {
  const { delivery, attempts, nextAt } = undelivered;
  const ttl = Math.floor(delivery.at / 1000) + keptSeconds;
  const item = {
    ...keys.undelivered(delivery, delivery.version),
    delivery: JSON.stringify(delivery),
    attempts,
    nextAt,
    ttl,
  };
  await table.put(item, ex`attribute_not_exists(pk)`);
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
