import { branchChannel, temporaryChannel } from '../branches/channel.ts';
import { devicesChannel } from '../branches/notices.ts';
import { askingChannel } from '../branches/permission-requests.ts';
import type { ChannelSpec } from '../core/channel/channel.ts';
import type { ChannelName } from '../core/names.ts';
import { doorbellChannel } from '../doorbell/channel.ts';
import { memoryChannel } from '../memory/channel.ts';
import { documentChannel } from '../memory/document.ts';
import { queryChannel } from '../queries/channel.ts';
import { roomChannel } from '../rooms/channel.ts';
import { topicsChannel } from '../rules/topics.ts';

/** Every kind of channel. */
const kinds: readonly ChannelSpec[] = [
  roomChannel,
  branchChannel,
  temporaryChannel,
  devicesChannel,
  askingChannel,
  topicsChannel,
  memoryChannel,
  documentChannel,
  queryChannel,
  doorbellChannel,
];

/** @throws when no capability has channels of that kind: a bug, because only capabilities create names */
export function specOf(channel: ChannelName): ChannelSpec {
  const kind = channel.slice(0, channel.indexOf(':'));
  const spec = kinds.find((one) => one.kind === kind);
  if (!spec) throw new Error(`no capability has channels of the kind ${kind}`);
  return spec;
}
