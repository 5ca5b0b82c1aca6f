import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { announce } from './announcing.ts';
import { change, remove, type Wanted, type WrittenInstance } from './change.ts';
import { clearAll } from './clearing.ts';
import { isGone } from './memory-key.ts';
import { promiseToTell } from './untold.ts';

/**
 * Changes that do not come over a socket of the instance: HTTP requests, and models. When these functions resolve, the
 * change is durable and broadcast. Their callers have authorized it before.
 */

/**
 * @returns version and time of the key's current state
 * @throws Failure `invalid_memory_key`, `value_too_large`, `limit_exceeded`, `instance_readonly`,
 * `unacceptable_request`; `conflict` with the current version; `not_found` when the instance is gone
 */
export async function writeKey(
  ports: Ports,
  instance: WrittenInstance,
  wanted: Wanted,
): Promise<{ readonly version: number; readonly updatedAt: EpochMs }> {
  const request = { request: ports.ids.uuid(), at: ports.clock.now(), isRepeated: false };
  const { version, updatedAt } = await promiseToTell(ports, instance.id, wanted.key, async () => {
    const outcome = await change(ports, instance, wanted, request);
    await announce(ports, instance.id, outcome, { sender: undefined, id: request.request });
    return outcome.state;
  });
  return { version, updatedAt };
}

/** @returns the version of the deletion, and whether the key existed. @throws Failure as above */
export async function deleteKey(
  ports: Ports,
  instance: WrittenInstance,
  { key, by }: { readonly key: string; readonly by: UserId },
): Promise<{ readonly version: number; readonly wasThere: boolean }> {
  const request = { request: ports.ids.uuid(), at: ports.clock.now(), isRepeated: false };
  const { version, wasThere } = await promiseToTell(ports, instance.id, key, async () => {
    const outcome = await remove(ports, instance, { key, by }, request);
    await announce(ports, instance.id, outcome, { sender: undefined, id: request.request });
    const { state, isNews } = outcome;
    return { version: state.version, wasThere: isNews && isGone(state) };
  });
  return { version, wasThere };
}

/** @throws Failure `instance_readonly`, `not_found` */
export function clearKeys(
  ports: Ports,
  instance: WrittenInstance,
  { by }: { readonly by: UserId },
): Promise<{ readonly version: number }> {
  const clearing = { by, request: ports.ids.uuid(), sender: undefined };
  return promiseToTell(ports, instance.id, null, () => clearAll(ports, instance, clearing));
}
