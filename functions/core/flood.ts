import { branded } from './branded.ts';
import type { Connection, Limited } from './connection.ts';
import { limitConnection } from './connection-store.ts';
import { Failure } from './errors.ts';
import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { EpochMs } from './names.ts';
import type { Ports } from './ports.ts';

/** Up to this limit every frame is counted. */
const countedExactly = 50;

/**
 * Limits the frames of one connection. Counting each would cost as much as the frame itself, so with large limits one
 * frame in n counts for n. A handler that finds the limit exceeded notes it in the connection's row, which every frame
 * reads.
 * @returns the refusal `rate_limit_exceeded` if there are too many frames
 */
export async function floodIn(ports: Ports, connection: Connection): Promise<Failure | undefined> {
  const limit = ports.settings.frameRateLimit;
  if (!limit) return undefined;
  const now = ports.clock.now();
  if (connection.limited && connection.limited.until > now) return tooFast(connection.limited, now);
  const weight = Math.max(1, Math.floor(limit.maxHits / countedExactly));
  if (weight > 1 && ports.ids.integer(weight) !== 0) return undefined;
  const start = now - (now % limit.windowMs);
  const counted = await ports.connections.update(
    keys.rate(connection.id, start),
    ex`SET ttl = ${Math.ceil((start + limit.windowMs) / 1000) + 60} ADD hits ${weight}`,
  );
  const hits = counted.ok ? Number(counted.item?.hits) : 0;
  if (hits <= limit.maxHits) return undefined;
  const limited: Limited = { until: branded<EpochMs>(start + limit.windowMs), hits };
  await limitConnection(ports, connection.id, limited);
  return tooFast(limited, now);
}

function tooFast({ until, hits }: Limited, now: EpochMs): Failure {
  const retryAfterSeconds = Math.ceil((until - now) / 1000);
  const details = { retryAfterSeconds, totalHits: hits };
  return new Failure('rate_limit_exceeded', `Too many messages: go on in ${retryAfterSeconds} s.`, details);
}
