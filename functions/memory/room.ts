import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { dropLater } from './dropping.ts';
import { correctCounts, type Growth, readMemoryHead } from './head-store.ts';
import { queryOutlines } from './row-store.ts';

/** Counting takes reading everything: this is done so often at most. */
const countEveryMs = 60_000;

/**
 * Somebody was refused because of what has been counted, which may be too much: it is counted anew.
 * @throws Failure `not_found` when the instance has gone, `limit_exceeded` when the count is right
 */
export async function makeRoom(ports: Ports, instanceId: string, more: Growth): Promise<void> {
  const head = await readMemoryHead(ports, instanceId);
  if (head.isErased) throw new Failure('not_found', 'Instance not found');
  const { instanceMaxKeys, instanceMaxBytes } = ports.settings;
  const full = new Failure(
    'limit_exceeded',
    `An instance has at most ${instanceMaxKeys} keys and ${instanceMaxBytes} bytes; with this it would have ${head.keys + more.keys} and ${head.bytes + more.bytes}.`,
  );
  if (ports.clock.now() - head.countedAt < countEveryMs) throw full;
  const there = (await queryOutlines(ports, instanceId)).filter(({ isDeleted }) => !isDeleted);
  const counted = { keys: there.length, bytes: there.reduce((sum, { valueBytes }) => sum + valueBytes, 0) };
  await correctCounts(ports, instanceId, head, counted);
  if (head.cleared > 0) await dropLater(ports, instanceId, `room:${ports.ids.uuid()}`);
}
