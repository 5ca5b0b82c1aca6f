import { once } from 'node:events';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import type { Come } from './editors.ts';

/** Hocuspocus's own framing: a message is the document's name, its kind, and a message of y-protocols. */
const kinds = { sync: 0, auth: 2, syncStatus: 8 } as const;
const steps = { step1: 0, step2: 1, update: 2 } as const;

export function hocuspocusEditors(socketUrl: string): Come {
  return async (document) => {
    const socket = new WebSocket(socketUrl, { perMessageDeflate: false });
    await once(socket, 'open');
    const say = (kind: number, write: (to: encoding.Encoder) => void) =>
      socket.send(
        encoding.encode((to) => {
          encoding.writeVarString(to, document);
          encoding.writeVarUint(to, kind);
          write(to);
        }),
      );
    const counts = { saved: 0, heard: 0 };
    const isThere = Promise.withResolvers<void>();
    let news = () => {};
    socket.once('close', () => isThere.reject(new Error('the socket ended')));
    socket.on('message', (data: Buffer) => {
      const from = decoding.createDecoder(data);
      decoding.readVarString(from);
      const kind = decoding.readVarUint(from);
      const step = decoding.readVarUint(from);
      if (kind === kinds.auth) {
        say(kinds.sync, (to) => {
          encoding.writeVarUint(to, steps.step1);
          encoding.writeVarUint8Array(to, new Uint8Array([0]));
        });
      } else if (kind === kinds.syncStatus) counts.saved += 1;
      else if (kind === kinds.sync && step === steps.step2) isThere.resolve();
      else if (kind === kinds.sync && step === steps.update) counts.heard += editsIn(decoding.readVarUint8Array(from));
      news();
    });
    say(kinds.auth, (to) => {
      encoding.writeVarUint(to, 0); // a token follows
      encoding.writeVarString(to, 'anybody');
      encoding.writeVarString(to, 'bench');
    });
    await isThere.promise;
    return Object.assign(counts, {
      send(updates: readonly Uint8Array[]) {
        for (const update of updates) {
          say(kinds.sync, (to) => {
            encoding.writeVarUint(to, steps.update);
            encoding.writeVarUint8Array(to, update);
          });
        }
      },
      onNews(listener: () => void) {
        news = listener;
      },
      close: () => socket.terminate(),
    });
  };
}

/** Counts the edits in an update, because Hocuspocus passes on consecutive updates as one. */
function editsIn(update: Uint8Array): number {
  const { from, to } = Y.parseUpdateMeta(update);
  return [...to].reduce((sum, [client, clock]) => sum + clock - (from.get(client) ?? 0), 0);
}
