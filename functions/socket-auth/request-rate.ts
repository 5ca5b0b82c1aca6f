import type { RequestRate } from '../core/app.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { StoreSession } from '../core/store-permissions.ts';
import type { Item } from '../core/table.ts';

/**
 * An exact sliding-window rate limit: one item lists the times of the last requests, for all connections and processes.
 * While the list has room, a request adds itself with one write. Only when it is full are entries outside the window
 * removed. Each request writes the whole list: a write unit for every hundred entries.
 */

/** Of concurrent requests one succeeds in each round. */
const mostRounds = 100;
/**
 * How long the item lives after its last request has left the window, so that a process with a slow clock still finds
 * it.
 */
const graceMs = 60_000;

/**
 * Counts a request of the signed-in user, or of an IP address.
 * @throws Failure `rate_limit_exceeded`; a refused request is not counted
 */
export async function takeTurn(ports: Ports, session: StoreSession, ip: string): Promise<void> {
  const { rateLimit } = ports.app;
  const rate = typeof rateLimit === 'function' ? rateLimit(session) : rateLimit;
  if (!rate) return;
  const source = session.userId === null ? `ip#${ip}` : `user#${session.userId}`;
  for (let round = 0; round < mostRounds; round++) {
    const full = await takeFreePlace(ports, source, rate);
    if (!full || (await takeOldPlace(ports, source, rate, full))) return;
  }
  throw new Failure('service_unavailable', 'Too many requests at the same time. Try again shortly.');
}

/** @returns the item, if it has no room */
async function takeFreePlace(
  { connections, clock }: Ports,
  source: string,
  { maxRequests, windowMs }: RequestRate,
): Promise<Item | undefined> {
  const now = clock.now();
  const added = await connections.update(
    keys.requests(source),
    ex`SET times = list_append(if_not_exists(times, ${[]}), ${[now]}), tidied = if_not_exists(tidied, ${0}), ttl = ${ttlOf(now + windowMs)}`,
    { when: ex`attribute_not_exists(times) OR size(times) < ${maxRequests}` },
  );
  return added.ok ? undefined : added.current;
}

/**
 * @returns false after a concurrent change of the list
 * @throws Failure `rate_limit_exceeded`
 */
async function takeOldPlace(
  { connections, clock }: Ports,
  source: string,
  { maxRequests, windowMs }: RequestRate,
  full: Item,
): Promise<boolean> {
  const now = clock.now();
  const times = Array.isArray(full.times) ? full.times.map(Number) : [];
  const counting = times.filter((time) => time > now - windowMs);
  if (counting.length >= maxRequests) throw tooMany(Math.min(...counting) + windowMs - now, windowMs);
  const tidied = Number(full.tidied);
  const written = await connections.update(
    keys.requests(source),
    ex`SET times = ${[...counting, now]}, tidied = ${tidied + 1}, ttl = ${ttlOf(now + windowMs)}`,
    { when: ex`tidied = ${tidied} AND size(times) = ${times.length}` },
  );
  return written.ok;
}

const ttlOf = (until: number): number => Math.ceil((until + graceMs) / 1000);

/** @param waitMs until the oldest request leaves the window; clocks of two processes may differ a little */
function tooMany(waitMs: number, windowMs: number): Failure {
  const retryAfterMs = Math.max(1, Math.min(Math.ceil(waitMs), windowMs));
  return new Failure('rate_limit_exceeded', `Rate limit exceeded. Retry after ${retryAfterMs}ms`, { retryAfterMs });
}
