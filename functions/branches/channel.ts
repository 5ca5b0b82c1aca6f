import { messageFrame } from '../core/big-frame.ts';
import type { ChannelSpec, Removal } from '../core/channel/channel.ts';
import { startOver } from '../core/channel/document.ts';
import { growingWindowMs } from '../core/channel/flush-queue.ts';
import { dropUnusedHead, listeningOnly } from '../core/channel/listening.ts';
import { ex } from '../core/expression.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keptFrames } from '../yjs/frames.ts';
import { awarenessFrame, goneOf, partOf, shownIn } from '../yjs/shown.ts';
import { addressIn, type BranchAddress, branchKind, isTemporary, temporaryKind } from './address.ts';
import { tellDisconnected } from './notices.ts';
import { updatesOf } from './reading.ts';
import { watcherIn } from './watchers.ts';

/**
 * The channel of a branch. Its log is one document; entry bodies are JSON arrays of updates. A temporary branch is a
 * channel of another kind with the same name, emptied when its last watcher has left.
 */

/** The forms in which watchers receive updates. */
export const forms = {
  /** CasualOS's messages. */
  casualos: 'casualos',
  /** The same, with epoch and sequence. */
  numbered: 'casualos-numbered',
  /** Messages of the Yjs protocols; these watchers also receive awareness. */
  yjs: 'yjs',
} as const;

/** Whether a watcher understands CasualOS's messages. */
export const speaksCasualos = (form: string): boolean => form === forms.casualos || form === forms.numbered;

const spec = (kind: string): ChannelSpec => {
  const listening = listeningOnly(kind);
  return {
    ...listening,
    frames: {
      ...listening.frames,
      member: ({ state }) => partOf([...shownIn(state).values()]),
      left: (_, member) => (member ? goneOf(member.state) : ''),
      changes: (_, { joined, left, updated }) => awarenessFrame([...joined, ...left, ...updated]),
      live: (channel, { body, epoch, sequence }, form) =>
        form === forms.yjs
          ? body
          : updatesMessage(addressIn(channel), body, form === forms.numbered ? { epoch, sequence } : {}),
    },
    fit: async (ports, message, { form }) =>
      form === forms.yjs ? keptFrames(ports, updatesOf(message)) : [await messageFrame(ports, message)],
    hearsOfOthers: (form) => form === forms.yjs,
    windowMs: growingWindowMs,
    removed: forgetWatchers,
  };
};

export const branchChannel = spec(branchKind);
export const temporaryChannel = spec(temporaryKind);

export const specFor = (channel: ChannelName): ChannelSpec => (isTemporary(channel) ? temporaryChannel : branchChannel);

/** The message with updates. @param updates JSON text of an array */
export function updatesMessage(address: BranchAddress, updates: string, more: object = {}): string {
  const message = JSON.stringify({ type: 'repo/add_updates', ...address, ...more });
  return `${message.slice(0, -1)},"updates":${updates}}`;
}

async function forgetWatchers(ports: Ports, channel: ChannelName, removal: Removal): Promise<void> {
  const { members, remaining, head, by } = removal;
  for (const member of members) {
    const connection = member.connectionId;
    await tellDisconnected(ports, { channel, connection, watcher: watcherIn(member), id: `${by}:${connection}` });
  }
  await dropUnusedHead(ports, channel, removal);
  if (!isTemporary(channel) || remaining > 0 || head.of === undefined) return;
  // A watcher that has joined since has changed the version.
  const nobodyCame = ex`epoch = ${head.epoch} AND version = ${head.version}`;
  await startOver(ports, channel, head, head.of, nobodyCame);
}
