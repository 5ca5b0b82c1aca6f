import { createHash } from 'node:crypto';
import type { Ports } from '../core/ports.ts';
import type { StreamReader } from '../core/stream-reader.ts';
import { bucketOfRow, type RecordChange, recordChange } from '../store/record-changes.ts';
import { hasRules } from './application.ts';
import { handOver } from './chain-store.ts';
import type { RuleEvent } from './event.ts';
import { isLarge } from './event-size.ts';

/**
 * Emits changes of buckets as events, if the application configures it: `bucket.<name>.inserted`, `.updated`,
 * `.deleted`. The event follows even if the writing process dies; events of one record come in the order of its
 * changes.
 */
export const bridgedBuckets: StreamReader = {
  reads: (record) => bucketOfRow(record) !== undefined,
  async read(ports, record) {
    const bucket = bucketOfRow(record);
    if (bucket === undefined || !hasRules(ports.app) || !ports.app.rules?.bridge?.includes(bucket)) return;
    const change = await recordChange(ports, record);
    if (change) await announce(ports, change);
  },
};

async function announce(ports: Ports, { mark, ...change }: RecordChange): Promise<void> {
  const { bucket, key, type } = change;
  const id = createHash('sha256').update(`${bucket} ${mark}`).digest('hex').slice(0, 32);
  const timestamp = ports.clock.now();
  const event: RuleEvent = { id, topic: `bucket.${bucket}.${type}`, data: change, timestamp, source: 'api' };
  if (isLarge(event)) {
    ports.log.info('a change is too large for an event', { bucket, type });
    return;
  }
  await handOver(ports, [{ type: 'event', event, depth: 0 }], { id, group: `bridge:${bucket}:${JSON.stringify(key)}` });
}
