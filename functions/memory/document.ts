import { writeSyncMessage } from '../../client/yjs-message.ts';
import { branded } from '../core/branded.ts';
import type { ChannelSpec, Entry } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName, ConnectionId, UserId } from '../core/names.ts';
import { keptFrames } from '../yjs/frames.ts';

/**
 * The document of an instance is a log like a branch's, and all of it counts. Its members are the connections that edit
 * it. It belongs to one instance, whose id is never used again.
 */
const documentKind = 'memory-document';

export const documentOf = (instanceId: string): ChannelName => channelNamed(documentKind, instanceId);

/** The content of an entry. */
export interface Body {
  /** Updates in base64. */
  readonly updates: readonly string[];
  /** The user who wrote it; null for the server. */
  readonly by: UserId | null;
}

export const bodyText = (body: Body): string => JSON.stringify(body);

/** Only `bodyText` writes bodies. */
export const bodyIn = (text: string): Body => JSON.parse(text) as Body;

/** The writer of entries that carry changes of keys into the document. */
export const bridgeWriter = branded<ConnectionId>('bridge');

/** Whether an entry came from keys, so that the keys must not follow it. */
export const isOwn = ({ from }: Pick<Entry, 'from'>): boolean => from === bridgeWriter;

const listening = listeningOnly(documentKind);

export const documentChannel: ChannelSpec = {
  ...listening,
  fit: (ports, body) => keptFrames(ports, bodyIn(body).updates, writeSyncMessage),
};

/** The most that a document may hold, in bytes of its base64 updates. */
export const maxDocumentBytes = 32 * 1024 * 1024;
