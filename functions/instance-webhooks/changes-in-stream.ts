import { branded } from '../core/branded.ts';
import { channelIn, memoryKeyIn } from '../core/keys.ts';
import type { ChannelName, EpochMs } from '../core/names.ts';
import { type BatchReader, flagIn, keyIn, numberIn, type StreamRecord, textIn } from '../core/stream-reader.ts';
import { instanceOfChannel } from '../memory/channel.ts';
import { askToTell, type Change } from './delivery.ts';
import { webhooksAt } from './webhook-store.ts';

/** Starts deliveries for changes in instances that have webhooks, whose rows say so. */
export const hookedChanges: BatchReader = {
  reads: (record) => changeIn(record) !== undefined,
  async readAll(ports, records) {
    const changes = records.flatMap((record) => changeIn(record) ?? []);
    const webhooks = new Map(
      await Promise.all(
        [...new Set(changes.map(({ instanceId }) => instanceId))].map(
          async (id) => [id, await webhooksAt(ports.table, id)] as const,
        ),
      ),
    );
    const all = changes.flatMap((change) =>
      (webhooks.get(change.instanceId) ?? [])
        .filter(({ isActive, events }) => isActive && events.includes(change.type))
        .map(({ id }) => ({ ...change, webhookId: id })),
    );
    await askToTell(ports, all);
  },
};

function changeIn(record: StreamRecord): Change | undefined {
  const { NewImage: now } = record.dynamodb;
  const key = keyIn(record);
  if (!now || !key || !flagIn(now, 'hooked')) return undefined;
  const row = memoryKeyIn(key);
  return row ? changeOfKey(record, row) : clearing(record, channelIn(key));
}

function changeOfKey(
  { dynamodb: { NewImage: now, OldImage: before } }: StreamRecord,
  { instanceId, key }: { readonly instanceId: string; readonly key: string },
): Change | undefined {
  const version = numberIn(now, 'version');
  if (version === numberIn(before, 'version')) return undefined;
  const isDeleted = flagIn(now, 'isDeleted');
  const [text, blob] = [textIn(now, 'text'), textIn(now, 'blob')];
  return {
    instanceId,
    key,
    type: isDeleted ? 'key.deleted' : 'key.updated',
    at: branded<EpochMs>(numberIn(now, 'updatedAt')),
    version,
    updatedBy: textIn(now, 'updatedBy') ?? '',
    ...(isDeleted ? {} : { attributes: textIn(now, 'attributes') ?? '{}' }),
    ...(text === undefined ? {} : { text }),
    ...(blob === undefined
      ? {}
      : { blob: { name: blob, size: numberIn(now, 'bytes'), sha256: textIn(now, 'sha256') ?? '' } }),
  };
}

/** The head of an instance's channel records the last clear. */
function clearing(
  { dynamodb: { NewImage: now, OldImage: before } }: StreamRecord,
  channel: ChannelName | undefined,
): Change | undefined {
  const instanceId = channel === undefined ? undefined : instanceOfChannel(channel);
  const version = numberIn(now, 'cleared');
  if (instanceId === undefined || version === numberIn(before, 'cleared')) return undefined;
  return {
    instanceId,
    type: 'instance.cleared',
    at: branded<EpochMs>(numberIn(now, 'clearedAt')),
    version,
    updatedBy: textIn(now, 'clearedBy') ?? '',
  };
}
