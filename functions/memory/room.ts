import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { dropLater } from './dropping.ts';
import { correctCounts, type Growth, readMemoryHead } from './head-store.ts';
import { queryOutlines } from './row-store.ts';

/** Counting reads everything, so it happens at most this often. */
const countEveryMs = 60_000;

/**
 * Counts again after a change was refused, because the count may have been too high.
 * @throws Failure `not_found` when the instance is gone, `limit_exceeded` if everything was counted within the last
 * minute
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
