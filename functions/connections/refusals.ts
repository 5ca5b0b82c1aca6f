import { hashOf } from '../core/canonical.ts';
import type { Connection } from '../core/connection.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { overRate } from '../core/rate-limit.ts';
import type { Dialect, Received } from '../wire/dialect.ts';

/** Limits refusals to clients that answer each refusal by sending again, and would do so for ever. */

/** How long a repeated refusal is not sent again. */
const rememberedMs = 60_000;

/** Whether to tell the client that its frame is refused. */
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
