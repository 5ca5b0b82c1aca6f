import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { readMessage, writeMessage, type YjsMessage } from '../../client/yjs-message.ts';
import type { BranchWorld, Message } from './branches.ts';
import type { Client } from './sockets.ts';

/** A client with a document and a cursor, as y-websocket would serve them if it used text frames. */
export interface YjsPeer {
  readonly client: Client;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  /** Has received what it lacked. */
  readonly isSynced: boolean;
  /** Sends a message, concurrently with everything else. */
  say(message: YjsMessage, id?: string | number): void;
  /** Frames of that type, oldest first. */
  frames(type: string): Message[];
  /** Messages received, oldest first. */
  messages(): YjsMessage[];
  /** Applies what has arrived since, as its provider does. @returns whether there was anything */
  hear(): boolean;
  /** The awareness of others, by name. */
  others(): string[];
}

export const pathOf = ({ recordName, inst, branch }: { recordName: string | null; inst: string; branch: string }) =>
  `/yjs/${[recordName, inst, branch].map((name) => (name === null ? '-' : encodeURIComponent(name))).join('/')}`;

export const textOf = ({ doc }: Pick<YjsPeer, 'doc'>): string => doc.getText('text').toString();

export const frameText = (message: YjsMessage, id?: string | number): string =>
  JSON.stringify({ type: 'yjs', data: Buffer.from(writeMessage(message)).toString('base64'), id });

/** The message in a frame. */
export function messageIn({ data }: Message): YjsMessage {
  const message = readMessage(Buffer.from(data, 'base64'));
  if (!message) throw new Error('a message of a kind that nobody knows');
  return message;
}

interface PeerOptions {
  readonly doc?: Y.Doc;
  /** Its own awareness, for others. */
  readonly name?: string;
  readonly query?: Record<string, string>;
  /** Sends nothing by itself. Without this it sends at once, as y-websocket does. */
  readonly waits?: true;
}

export function yjsPeers(world: BranchWorld) {
  const peers: YjsPeer[] = [];

  async function connect(branch: Parameters<typeof pathOf>[0], options: PeerOptions = {}): Promise<YjsPeer> {
    const { doc = new Y.Doc(), name, query = {}, waits } = options;
    const awareness = new Awareness(doc);
    clearInterval(awareness._checkInterval); // time does not pass by itself here
    awareness.setLocalState(name === undefined ? null : { name });
    const client = await world.connect({ path: pathOf(branch), query });
    const self = Symbol('the network');
    let heard = 0;
    let isSynced = false;
    const say: YjsPeer['say'] = (message, id) => world.dispatch(client, frameText(message, id));
    const show = (clients: number[]) => say({ kind: 'awareness', states: encodeAwarenessUpdate(awareness, clients) });
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== self) say({ kind: 'update', update });
    });
    // y-websocket repeats what it hears of others.
    awareness.on('update', ({ added, updated, removed }: Record<string, number[]>) =>
      show([added, updated, removed].flatMap((some) => some ?? [])),
    );

    function take(message: YjsMessage): void {
      switch (message.kind) {
        case 'step1':
          say({ kind: 'step2', update: Y.encodeStateAsUpdate(doc, message.stateVector) });
          break;
        case 'step2':
          isSynced = true;
          Y.applyUpdate(doc, message.update, self);
          break;
        case 'update':
          Y.applyUpdate(doc, message.update, self);
          break;
        case 'awareness':
          applyAwarenessUpdate(awareness, message.states, self);
          break;
        case 'query':
          show([...awareness.getStates().keys()]);
      }
    }

    const frames = (type: string) =>
      client.texts.map((text): Message => JSON.parse(text)).filter((frame) => frame.type === type);
    const peer: YjsPeer = {
      client,
      doc,
      awareness,
      get isSynced() {
        return isSynced;
      },
      say,
      frames,
      messages: () =>
        frames('yjs')
          .filter(({ data }) => data !== undefined)
          .map(messageIn),
      hear() {
        const fresh = client.texts.slice(heard).map((text): Message => JSON.parse(text));
        heard = client.texts.length;
        for (const frame of fresh) if (frame.type === 'yjs' && frame.data !== undefined) take(messageIn(frame));
        return fresh.length > 0;
      },
      others: () =>
        [...awareness.getStates()]
          .filter(([id]) => id !== doc.clientID)
          .map(([, { name }]) => String(name))
          .sort(),
    };
    peers.push(peer);
    if (!waits) {
      say({ kind: 'step1', stateVector: Y.encodeStateVector(doc) });
      if (name !== undefined) show([doc.clientID]);
      await settled();
    }
    return peer;
  }

  /** Until no client has anything to send. */
  async function settled(): Promise<void> {
    do await world.settled();
    while (peers.map((peer) => peer.hear()).includes(true));
  }

  return {
    connect,
    settled,
    /** When its socket ends, y-websocket removes the awareness of everybody else. */
    forgetOthers({ awareness, doc }: YjsPeer): void {
      const others = [...awareness.getStates().keys()].filter((id) => id !== doc.clientID);
      removeAwarenessStates(awareness, others, 'closed');
    },
  };
}
