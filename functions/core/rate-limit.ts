import { Failure } from './errors.ts';
import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { Ports } from './ports.ts';
import type { Rate } from './settings.ts';

/** How long a window's row lives after its end, so that a process with a slow clock still finds it. */
const graceMs = 60_000;

/**
 * Counts one hit of a source (`http:` and an address) in the current window, together with all other processes. When
 * the counter itself fails, the hit is allowed: a limit must not take down what it protects.
 * @returns the refusal when the source has exceeded its limit, else undefined
 */
export async function overRate(
  { connections, clock, log }: Pick<Ports, 'connections' | 'clock' | 'log'>,
  source: string,
  { maxHits, windowMs }: Rate,
): Promise<Failure | undefined> {
  const now = clock.now();
  const start = Math.floor(now / windowMs) * windowMs;
  const end = start + windowMs;
  let totalHits: number;
  try {
    const change = ex`SET ttl = ${Math.ceil((end + graceMs) / 1000)} ADD hits ${1}`;
    const counted = await connections.update(keys.rate(source, start), change);
    totalHits = Number((counted.ok ? counted.item?.hits : undefined) ?? 0);
  } catch (error) {
    log.error('rate limit could not be counted', error, { source });
    return undefined;
  }
  if (totalHits <= maxHits) return undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil((end - now) / 1000));
  return new Failure('rate_limit_exceeded', 'Rate limit exceeded.', { retryAfterSeconds, totalHits });
}
