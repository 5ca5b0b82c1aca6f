import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { TransactWrite } from '../core/table.ts';

/** Longer than Clerk goes on telling the same. */
const rememberedSeconds = 7 * 86_400;

/** The write that goes along with the effect of what Clerk tells; lost when it has had its effect. */
export function taking(id: string, now: EpochMs): TransactWrite {
  const ttl = Math.floor(now / 1000) + rememberedSeconds;
  return { put: { ...keys.taken('clerk', id), ttl }, when: ex`attribute_not_exists(pk)` };
}
