import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readMemoryHead } from './head-store.ts';
import { tellCleared, tellKey } from './telling.ts';

/**
 * The lane repeats a frame whose handler dies, but a request is not repeated: its change could be stored without being
 * broadcast. So a handler that is about to change a key first records a promise to broadcast, and a reminder checks the
 * promise.
 */

/** Most requests have ended by the first check, and all by the second. */
const lookAfterMs = [5_000, 35_000] as const;
const keptMs = 3_600_000;

/** Job of the fan-out function. */
export interface UntoldBody {
  readonly instanceId: string;
  /** Null: all keys were to be cleared. */
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

/** Broadcasts the current state of a key, unless its handler has done so. */
export async function tellUntold(ports: Ports, body: UntoldBody): Promise<void> {
  const { instanceId, key, promise, promisedAt, isLast } = body;
  if (!(await ports.connections.get(keys.untold(promise)))) return;
  if (!isLast) await lookLater(ports, { ...body, isLast: true }, lookAfterMs[1]);
  const telling = { sender: undefined, id: `${promise}:${isLast}` };
  if (key !== null) {
    await tellKey(ports, instanceId, key, telling);
  } else {
    const head = await readMemoryHead(ports, instanceId);
    // A handler that died before clearing has cleared nothing. The handlers of earlier clears broadcast those.
    if (head.clearedAt >= promisedAt) await tellCleared(ports, instanceId, head, telling);
  }
  if (isLast) await ports.connections.delete(keys.untold(promise));
}
