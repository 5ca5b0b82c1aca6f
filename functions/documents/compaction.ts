import { updatesOf } from '../branches/reading.ts';
import { compact } from '../core/channel/compaction.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { mergeUpdates } from './merge.ts';

/** Job: compact a branch that has many updates. */
export interface CompactionBody {
  readonly channel: ChannelName;
}

/** Makes one snapshot of a branch's updates, so that late joiners read little, however much was edited. */
export async function compactBranch(ports: Ports, { channel }: CompactionBody): Promise<void> {
  const outcome = await compact(ports, channel, mergeBodies);
  ports.log.info('compaction', { channel, outcome });
}

function mergeBodies(bodies: readonly string[]): string {
  return JSON.stringify(mergeUpdates(bodies.flatMap(updatesOf)));
}
