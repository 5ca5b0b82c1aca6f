import { eraseLog } from '../core/channel/erase.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { dropBridge } from './bridging.ts';
import { change, type WrittenInstance } from './change.ts';
import { documentOf } from './document.ts';
import { dropKeys, dropLater } from './dropping.ts';
import { noteErased } from './head-store.ts';
import { listKeys, valueNow } from './reading.ts';

/**
 * Erases everything that an instance had: nothing is written any more when this resolves, nothing is read, and nothing is left
 * but a note that expires. May be repeated.
 */
export async function eraseMemory(ports: Ports, instanceId: string): Promise<void> {
  await noteErased(ports, instanceId);
  await dropKeys(ports, { instanceId });
  await eraseLog(ports, documentOf(instanceId), instanceId);
  await dropBridge(ports, instanceId);
  // Whoever had taken a version before may have written it since.
  await dropLater(ports, instanceId, `erase:${ports.ids.uuid()}`);
}

/** Gives a new instance the keys of another one. May be repeated. */
export async function copyMemory(
  ports: Ports,
  { from, to, by }: { readonly from: string; readonly to: WrittenInstance; readonly by: UserId },
): Promise<void> {
  const copied = await listKeys(ports, from);
  for (let at = 0; at < copied.length; at += atOnce) {
    await Promise.all(
      copied.slice(at, at + atOnce).map(async (memoryKey) => {
        const { key, isReadonlyUnsaid } = memoryKey;
        const { readonly, ...others } = memoryKey.attributes;
        const attributes = isReadonlyUnsaid ? others : { readonly, ...others };
        const value = await valueNow(ports, from, memoryKey);
        if (value === undefined) return;
        const request = { request: ports.ids.uuid(), at: ports.clock.now(), isRepeated: false };
        await change(ports, to, { key, value, attributes, ifVersion: 0, by }, request).catch(unlessThere);
      }),
    );
  }
}

const atOnce = 10;

function unlessThere(thrown: unknown): void {
  if (!(thrown instanceof Failure) || thrown.code !== 'conflict') throw thrown;
}
