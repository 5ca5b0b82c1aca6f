import { openTextSocket } from '../load/text-socket.ts';

/** A client that watches a document. It only counts what it receives, because its own cost counts for both servers. */
export interface Editor {
  /** Sends updates in one message. */
  send(updates: readonly Uint8Array[]): void;
  /** How many of its own messages are acknowledged so far. */
  readonly saved: number;
  /** How many edits of others it has received, sent one per message. */
  readonly heard: number;
  /** Calls the listener at each change of these counts. */
  onNews(listener: () => void): void;
  close(): void;
}

/** Opens a document. Resolves once its whole content has arrived. */
export type Come = (document: string) => Promise<Editor>;

const base64 = (update: Uint8Array) => Buffer.from(update).toString('base64');

/** With CasualOS's messages, as its stock client uses them. */
export function chorusEditors(socketUrl: string): Come {
  const url = socketUrl.replace('/live', '/websocket');
  return async (document) => {
    const socket = await openTextSocket(url);
    const branch = { recordName: null, inst: document, branch: 'default' };
    const say = (message: object) => socket.send(JSON.stringify([1, 1, message]));
    const counts = { saved: 0, heard: 0 };
    const isThere = Promise.withResolvers<void>();
    let news = () => {};
    let count = 0;
    socket.onEnd(() => isThere.reject(new Error('the socket ended')));
    socket.hear((text) => {
      if (text.includes('"login_result"')) say({ type: 'repo/watch_branch', ...branch });
      else if (text.includes('"repo/watch_branch_result"')) isThere.resolve();
      else if (text.includes('"repo/updates_received"')) counts.saved += 1;
      else if (text.includes('"repo/add_updates"') && !text.includes('"initial":true')) counts.heard += 1;
      news();
    });
    say({ type: 'login', connectionId: 'somebody' });
    await isThere.promise;
    return Object.assign(counts, {
      send: (updates: readonly Uint8Array[]) =>
        say({ type: 'repo/add_updates', ...branch, updates: updates.map(base64), updateId: ++count }),
      onNews(listener: () => void) {
        news = listener;
      },
      close: socket.end,
    });
  };
}
