import * as Y from 'yjs';
import { readSyncMessage, type SyncMessage, writeSyncMessage } from '../../client/yjs-message.ts';
import type { MemoryWorld } from './memory.ts';
import type { Client } from './sockets.ts';
import type { SignedIn } from './world.ts';

/** A client that edits an instance as a document, as the 3.x client does behind the shim. */
export interface DocumentPeer {
  readonly client: Client;
  readonly doc: Y.Doc;
  /** Has received a step 2 or an update. */
  readonly isSynced: boolean;
  say(message: SyncMessage, id?: string | number): void;
  /** Messages received, oldest first. */
  messages(): SyncMessage[];
  frames(type: string): Record<string, unknown>[];
  /** Applies what has arrived since. @returns whether there was anything */
  hear(): boolean;
  set(key: string, value: unknown, attributes?: object): void;
  remove(key: string): void;
  /** Keys of the document, with texts as plain strings. */
  view(): Record<string, unknown>;
  attributes(key: string): Record<string, unknown>;
  text(key: string): Y.Text;
}

/** As the 3.x client writes them. */
export const newAttributes = { type: 'text', contentTags: [], systemTags: ['SystemPrompt', 'LLMWrite'], zIndex: 0 };

export const frameText = (message: SyncMessage, id?: string | number): string =>
  JSON.stringify({ type: 'yjs', data: Buffer.from(writeSyncMessage(message)).toString('base64'), id });

export function messageIn(data: unknown): SyncMessage {
  const message = readSyncMessage(Buffer.from(String(data), 'base64'));
  if (!message) throw new Error('a message of a kind that nobody knows');
  return message;
}

export function documentPeers(world: MemoryWorld) {
  const peers: DocumentPeer[] = [];

  /** @param options `waits`: it sends nothing at first */
  async function edit(
    instanceId: string,
    { sessionKey }: SignedIn,
    { doc = new Y.Doc(), waits = false }: { doc?: Y.Doc; waits?: boolean } = {},
  ): Promise<DocumentPeer> {
    const client = await world.open({ path: `/sync/${instanceId}`, query: { access_token: sessionKey } });
    const network = Symbol('the network');
    const root = doc.getMap<Y.Map<unknown>>('mindcache');
    let heard = 0;
    let isSynced = false;
    const say: DocumentPeer['say'] = (message, id) => world.dispatch(client, frameText(message, id));
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== network) say({ kind: 'update', update });
    });

    function take(message: SyncMessage): void {
      if (message.kind === 'step1') {
        say({ kind: 'step2', update: Y.encodeStateAsUpdate(doc, message.stateVector) });
        return;
      }
      isSynced = true;
      try {
        Y.applyUpdate(doc, message.update, network);
      } catch {
        // It means nothing to Yjs. The real client goes on as well.
      }
    }

    const all = () => client.texts.map((text): Record<string, unknown> => JSON.parse(text));
    const frames = (type: string) => all().filter((frame) => frame.type === type);
    const peer: DocumentPeer = {
      client,
      doc,
      get isSynced() {
        return isSynced;
      },
      say,
      frames,
      messages: () =>
        frames('yjs')
          .filter(({ data }) => data !== undefined)
          .map(({ data }) => messageIn(data)),
      hear() {
        const fresh = all().slice(heard);
        heard = client.texts.length;
        for (const { type, data } of fresh) if (type === 'yjs' && data !== undefined) take(messageIn(data));
        return fresh.length > 0;
      },
      set(key, value, attributes = newAttributes) {
        if (!root.has(key)) root.set(key, new Y.Map());
        const map = root.get(key);
        doc.transact(() => {
          map?.set('value', value);
          map?.set('attributes', attributes);
        });
      },
      remove: (key) => root.delete(key),
      view: () =>
        Object.fromEntries(
          [...root].flatMap(([key, map]) => {
            const value = map.get('value');
            return value === undefined ? [] : [[key, value instanceof Y.Text ? value.toString() : value]];
          }),
        ),
      attributes: (key) => root.get(key)?.get('attributes') as Record<string, unknown>,
      text(key) {
        const value = root.get(key)?.get('value');
        if (value instanceof Y.Text) return value;
        throw new Error(`${key} is no text`);
      },
    };
    peers.push(peer);
    if (!waits) {
      say({ kind: 'step1', stateVector: Y.encodeStateVector(doc) });
      await settled();
    }
    return peer;
  }

  /** Until no client has anything to send, and all started jobs are done. */
  async function settled(): Promise<void> {
    for (;;) {
      await world.settled();
      const hasHeard = peers.map((peer) => peer.hear()).includes(true);
      const hasStarted = world.functions.started.length > 0;
      await world.functions.workOff();
      if (!hasHeard && !hasStarted) return;
    }
  }

  return { edit, settled };
}
