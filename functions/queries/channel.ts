import type { ChannelSpec } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { idIn } from '../core/channel-names.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { queryKind } from './asked.ts';
import { dropUnused } from './unused.ts';

/**
 * The channel of a live query's subscribers. Its members are read anew for every round, so that it needs no membership
 * version: its head is deleted after each removal.
 */
export const queryChannel: ChannelSpec = {
  ...listeningOnly(queryKind),
  async removed(ports, channel, { head }) {
    await ports.table.delete(keys.head(channel), ex`epoch = ${head.epoch} AND version = ${head.version}`);
    await dropUnused(ports, idIn(channel));
  },
};
