import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { TransactWrite } from '../core/table.ts';

/** Longer than Clerk retries an event. */
const rememberedSeconds = 7 * 86_400;

/** The write for the transaction that applies an event; its condition fails if the event was already applied. */
export function taking(id: string, now: EpochMs): TransactWrite {
  const ttl = Math.floor(now / 1000) + rememberedSeconds;
  return { put: { ...keys.taken('clerk', id), ttl }, when: ex`attribute_not_exists(pk)` };
}
