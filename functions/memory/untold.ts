import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readMemoryHead } from './head-store.ts';
import { tellCleared, tellKey } from './telling.ts';

/**
 * A frame whose handler dies comes again, and a request does not: what it has written would be there, and nobody told. So
 * whoever is about to change a key promises in writing to tell, and a reminder looks after the promise.
 */

/** Most requests are over by the first look, and all by the second. */
const lookAfterMs = [5_000, 35_000] as const;
const keptMs = 3_600_000;

/** Job of the fan-out function. */
export interface UntoldBody {
  readonly instanceId: string;
  /** Null: all of them were to be cleared. */
  readonly key: string | null;
  readonly promise: string;
  readonly promisedAt: EpochMs;
  readonly isLast: boolean;
}

export async function promiseToTell<T>(
  ports: Ports,
  instanceId: string,
  key: string | null,
  run: () => Promise<T>,
): Promise<T> {
  const promise = ports.ids.uuid();
  const promisedAt = ports.clock.now();
  await Promise.all([
    ports.connections.put({ ...keys.untold(promise), ttl: Math.ceil((promisedAt + keptMs) / 1000) }),
    lookLater(ports, { instanceId, key, promise, promisedAt, isLast: false }, lookAfterMs[0]),
  ]);
  try {
    const done = await run();
    await ports.connections.delete(keys.untold(promise));
    return done;
  } catch (thrown) {
    if (thrown instanceof Failure) await ports.connections.delete(keys.untold(promise));
    throw thrown;
  }
}

function lookLater({ reminders, clock }: Ports, body: UntoldBody, afterMs: number): Promise<void> {
  return reminders.set({ kind: 'memory-untold', at: branded<EpochMs>(clock.now() + afterMs), body });
}

/** Tells everybody what the key is by now, unless that was done. */
export async function tellUntold(ports: Ports, body: UntoldBody): Promise<void> {
  const { instanceId, key, promise, promisedAt, isLast } = body;
  if (!(await ports.connections.get(keys.untold(promise)))) return;
  if (!isLast) await lookLater(ports, { ...body, isLast: true }, lookAfterMs[1]);
  const telling = { sender: undefined, id: `${promise}:${isLast}` };
  if (key !== null) {
    await tellKey(ports, instanceId, key, telling);
  } else {
    const head = await readMemoryHead(ports, instanceId);
    // Whoever died before clearing has cleared nothing: of what others cleared before, everybody has heard.
    if (head.clearedAt >= promisedAt) await tellCleared(ports, instanceId, head, telling);
  }
  if (isLast) await ports.connections.delete(keys.untold(promise));
}
