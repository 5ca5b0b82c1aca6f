import { remove } from '../core/channel/delivery.ts';
import { beginClosing, dropConnection } from '../core/connection-store.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';
import { leavePlace } from '../core/places.ts';
import type { Ports } from '../core/ports.ts';
import { specOf } from './channels.ts';

/**
 * Removes a dead socket from everything it was in. Run by its `$disconnect`, and by the sweeper if that never came;
 * running it twice does no harm. The row is deleted last, so that an interrupted run can be repeated.
 */
export async function forget(ports: Ports, id: ConnectionId, { at, by }: { at: EpochMs; by: string }): Promise<void> {
  const closing = await beginClosing(ports, id);
  if (!closing) return;
  for (const channel of closing.channels) {
    await remove(ports, specOf(channel), channel, [id], { at, by });
  }
  await leavePlace(ports, id, closing.ip);
  await dropConnection(ports, id, closing);
}
