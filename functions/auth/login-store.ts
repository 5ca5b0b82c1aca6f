import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { type AddressType, canonical } from './addresses.ts';

/** A sign-in request, whose code was sent to an address. */
export interface LoginRequest {
  readonly userId: UserId;
  readonly requestId: string;
  readonly codeHash: string;
  readonly ip: string;
  readonly expireTimeMs: EpochMs;
}

/** Tries per request; the right code still passes as the last one. */
const mostAttempts = 5;
const keptMs = 24 * 60 * 60_000;

/** The write that makes a login request. */
export function newRequest(request: LoginRequest): TransactWrite {
  const { userId, requestId, expireTimeMs } = request;
  const ttl = Math.ceil((expireTimeMs + keptMs) / 1000);
  return {
    put: { ...keys.login(userId, requestId), ...request, attempts: 0, ttl },
    when: ex`attribute_not_exists(pk)`,
  };
}

/**
 * Counts a try before the code is compared, so that of any number of parallel guesses at most five are compared.
 * @returns undefined when the request is unknown, expired, completed, out of tries or made from another address
 */
export async function countAttempt(
  table: Table,
  userId: UserId,
  requestId: string,
  ip: string,
  now: EpochMs,
): Promise<LoginRequest | undefined> {
  const stillOpen = ex`attempts < ${mostAttempts} AND attribute_not_exists(completedTimeMs) AND expireTimeMs > ${now} AND ip = ${ip}`;
  const counted = await table.update(keys.login(userId, requestId), ex`ADD attempts ${1}`, { when: stillOpen });
  return counted.ok ? requestOf(counted.item) : undefined;
}

/** Part of completing a request: of parallel right codes one wins. */
export function completion(userId: UserId, requestId: string, now: EpochMs): TransactWrite {
  return {
    update: keys.login(userId, requestId),
    change: ex`SET completedTimeMs = ${now}`,
    when: ex`attribute_exists(pk) AND attribute_not_exists(completedTimeMs)`,
  };
}

/**
 * Counts a code against the limit of codes per address in any period of `windowMs`.
 * @returns undefined, or the time at which the next code is allowed
 */
export async function takeTurn(
  table: Table,
  to: { readonly type: AddressType; readonly address: string },
  now: EpochMs,
  { most, windowMs }: { readonly most: number; readonly windowMs: number },
): Promise<number | undefined> {
  const key = keys.throttle(to.type, canonical(to.type, to.address));
  // A write fails only because of another turn, of which there are at most `most`, so the loop ends.
  for (;;) {
    const kept = await table.get(key);
    const all = Array.isArray(kept?.turns) ? kept.turns.map(Number) : [];
    const turns = all.filter((at) => at > now - windowMs);
    if (turns.length >= most) return Math.min(...turns) + windowMs;
    const written = await table.put(
      {
        ...key,
        turns: [...turns, now],
        version: Number(kept?.version ?? 0) + 1,
        ttl: Math.ceil((now + windowMs) / 1000) + 60,
      },
      kept ? ex`version = ${kept.version}` : ex`attribute_not_exists(pk)`,
    );
    if (written.ok) return undefined;
  }
}

function requestOf(item: Item | undefined): LoginRequest | undefined {
  // Such items are only written above.
  return item && (item as unknown as LoginRequest);
}
