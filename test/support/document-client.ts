import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';

/**
 * Behaves on a socket as MindCache's 3.x client does, as far as a server notices. It sends binary sync messages from
 * the moment the socket is open, answers all messages that need an answer, and uses text only for `auth_success` and
 * errors. It does not reconnect by itself.
 */
export interface DocumentClient {
  readonly doc: Y.Doc;
  readonly socket: WebSocket;
  /** Frames received as text. */
  readonly said: readonly { readonly type: string }[];
  readonly isSynced: boolean;
  set(key: string, value: unknown): void;
  view(): Record<string, unknown>;
}

export function documentClient(Socket: typeof WebSocket, url: string, doc = new Y.Doc()): DocumentClient {
  const socket = new Socket(url);
  socket.binaryType = 'arraybuffer';
  const root = doc.getMap<Y.Map<unknown>>('mindcache');
  const said: { type: string }[] = [];
  const self = {};
  let isSynced = false;
  const sendWritten = (write: (to: encoding.Encoder) => void) => {
    const bytes = encoding.encode(write);
    if (bytes.length > 0 && socket.readyState === Socket.OPEN) socket.send(Uint8Array.from(bytes));
  };
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== self) sendWritten((to) => writeUpdate(to, update));
  });
  socket.onopen = () => sendWritten((to) => writeSyncStep1(to, doc));
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') {
      said.push(JSON.parse(data));
      return;
    }
    sendWritten((to) => {
      const kind = readSyncMessage(decoding.createDecoder(new Uint8Array(data)), to, doc, self);
      if (kind !== 0) isSynced = true;
    });
  };
  return {
    doc,
    socket,
    said,
    get isSynced() {
      return isSynced;
    },
    set(key, value) {
      if (!root.has(key)) root.set(key, new Y.Map());
      const attributes = { type: 'text', contentTags: [], systemTags: [], zIndex: 0 };
      doc.transact(() => {
        root.get(key)?.set('value', value);
        root.get(key)?.set('attributes', attributes);
      });
    },
    view: () =>
      Object.fromEntries(
        [...root].flatMap(([key, map]) => {
          const value = map.get('value');
          return value === undefined ? [] : [[key, value instanceof Y.Text ? value.toString() : value]];
        }),
      ),
  };
}
