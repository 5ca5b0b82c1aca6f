import { hashOf } from '../core/canonical.ts';
import type { Connection } from '../core/connection.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { overRate } from '../core/rate-limit.ts';
import type { Dialect, Received } from '../wire/dialect.ts';

/** Clients that answer a refusal by sending again would go on so for ever: they are not told everything. */

/** For so long the same is passed over. */
const rememberedMs = 60_000;

/** Whether a client is told that a frame of its is refused. */
export async function isTold(
  ports: Ports,
  dialect: Dialect,
  { id }: Connection,
  frame: Received | undefined,
): Promise<boolean> {
  const same = frame && dialect.onceRefused?.(frame);
  if (same !== undefined && !(await isFirst(ports, id, hashOf(same)))) return false;
  const { errorsPerSecond: maxHits } = dialect;
  return maxHits === undefined || (await overRate(ports, `refusals:${id}`, { maxHits, windowMs: 1_000 })) === undefined;
}

async function isFirst({ connections, clock }: Ports, id: Connection['id'], hash: string): Promise<boolean> {
  const now = clock.now();
  const item = { ...keys.refusal(id, hash), at: now, ttl: Math.ceil((now + rememberedMs) / 1000) };
  return (await connections.put(item, ex`attribute_not_exists(pk) OR at < ${now - rememberedMs}`)).ok;
}
