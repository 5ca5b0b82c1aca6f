import * as Y from 'yjs';
import { base64 } from '../core/base64.ts';
import type { Entry } from '../core/channel/channel.ts';
import { write } from '../core/channel/document.ts';
import { deliverEntry } from '../core/channel/entry-delivery.ts';
import type { Kept } from '../core/channel/kept.ts';
import { listListeners } from '../core/channel/members.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { isThere } from '../memory/bridge.ts';
import { bodyText, bridgeWriter, documentChannel, maxDocumentBytes } from '../memory/document.ts';
import type { KeyChange } from './follow-keys.ts';
import { putKey, rootOf } from './key-in-document.ts';

/** The document, with the client id under which the server writes to it. */
export interface OwnDocument {
  readonly ports: Ports;
  readonly instanceId: string;
  readonly channel: ChannelName;
  readonly doc: Y.Doc;
  readonly client: number;
}

/** @returns the epoch of the log; undefined if there was nothing to write, or no room */
export async function writeOwn(
  { ports, instanceId, channel, doc, client }: OwnDocument,
  changes: readonly KeyChange[],
): Promise<string | undefined> {
  if (changes.length === 0) return undefined;
  const updates: Uint8Array[] = [];
  const note = (update: Uint8Array) => void updates.push(update);
  doc.clientID = client; // Yjs chooses another id when it receives updates with its own
  doc.on('update', note);
  doc.transact(() => {
    for (const { key, wanted } of changes) putKey(rootOf(doc), key, wanted);
  });
  doc.off('update', note);
  if (updates.length === 0) return undefined;
  const wrote = await write(ports, documentChannel, channel, {
    of: instanceId,
    from: bridgeWriter,
    request: ports.ids.uuid(),
    body: bodyText({ updates: updates.map(base64), by: null }),
    mostBytes: 2 * maxDocumentBytes,
    note: () => isThere(ports, instanceId),
  });
  if (wrote.kind === 'written') {
    await deliverEntry(ports, documentChannel, channel, wrote.entry, wrote.listeners, wrote.head);
    return wrote.head.epoch;
  }
  if (wrote.kind === 'foreign') throw new Error(`${instanceId} has gone`);
  ports.log.error('a document has no room for what keys have become', new Error('full'), { instanceId });
  return undefined;
}

/** Delivers these entries again to all editing clients; repeated ones have no effect. */
export async function tellAgain(
  ports: Ports,
  channel: ChannelName,
  { head }: Kept,
  entries: readonly Entry[],
): Promise<void> {
  if (entries.length === 0) return;
  const listeners = await listListeners(ports, channel, head);
  for (const entry of entries) await deliverEntry(ports, documentChannel, channel, entry, listeners, head);
}

/** The range of Yjs's client ids. */
const clients = 2 ** 32;

export function newClient({ ids }: Ports, doc: Y.Doc): number {
  const known = Y.decodeStateVector(Y.encodeStateVector(doc));
  let client = ids.integer(clients);
  while (known.has(client)) client = ids.integer(clients);
  return client;
}
