import { writeSyncMessage } from '../../client/yjs-message.ts';
import { branded } from '../core/branded.ts';
import type { ChannelSpec, Entry } from '../core/channel/channel.ts';
import { listeningOnly } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName, ConnectionId, UserId } from '../core/names.ts';
import { keptFrames } from '../yjs/frames.ts';

/**
 * The document of an instance is a log like a branch's: all of it counts. Its members are the connections that edit it. It
 * belongs to the instance, whose id is never given to another one.
 */
const documentKind = 'memory-document';

export const documentOf = (instanceId: string): ChannelName => channelNamed(documentKind, instanceId);

/** What an entry says. */
export interface Body {
  /** Updates in base64. */
  readonly updates: readonly string[];
  /** Who wrote it; null for us. */
  readonly by: UserId | null;
}

export const bodyText = (body: Body): string => JSON.stringify(body);

/** Bodies are only ever written from the above. */
export const bodyIn = (text: string): Body => JSON.parse(text) as Body;

/** Writes what keys have become into the document. */
export const bridgeWriter = branded<ConnectionId>('bridge');

/** Whether keys are not to follow it, because it follows them. */
export const isOwn = ({ from }: Pick<Entry, 'from'>): boolean => from === bridgeWriter;

const listening = listeningOnly(documentKind);

export const documentChannel: ChannelSpec = {
  ...listening,
  fit: (ports, body) => keptFrames(ports, bodyIn(body).updates, writeSyncMessage),
};

/** What a document may have, in bytes of its updates in base64. */
export const maxDocumentBytes = 32 * 1024 * 1024;
