import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { base64 } from '../../functions/core/base64.ts';

/**
 * A document that CasualOS's messages keep up to date over a real socket, as in the stock client. After each reconnect
 * it logs in, stops watching, watches, and then sends again all updates that were not acknowledged. If nothing arrives
 * for a while it also reconnects, like a user who reloads the page.
 */
export interface StockClient {
  readonly doc: Y.Doc;
  /** In base64, in the order they were acknowledged. */
  readonly acknowledged: readonly string[];
  /** All of its own updates are acknowledged. */
  isSaved(): boolean;
  /** Drops the socket, and reconnects. */
  comeBack(): void;
  close(): void;
}

const fromOthers = Symbol('from others');
/** A client that waits longer than this reconnects, and waits longer from then on. */
const patienceMs = 2_000;
const mostPatienceMs = 16_000;
const delayMs = 100;

export function stockClient(url: string, branch: object, name: string): StockClient {
  const doc = new Y.Doc();
  const unacknowledged = new Map<number, string>();
  const acknowledged: string[] = [];
  let socket: WebSocket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let patience: NodeJS.Timeout | undefined;
  let isIn = false;
  let isClosed = false;
  let times = 0;
  let count = 0;
  let waits = patienceMs;

  doc.on('update', (bytes: Uint8Array, origin: unknown) => {
    if (origin === fromOthers) return;
    const id = ++count;
    unacknowledged.set(id, base64(bytes));
    if (isIn) add(id);
  });

  function say(message: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify([1, ++count, message]));
    waitFor();
  }

  function add(updateId: number): void {
    say({ type: 'repo/add_updates', ...branch, updates: [unacknowledged.get(updateId)], updateId });
  }

  /** Until everything is sent and answered. */
  function waitFor(): void {
    clearTimeout(patience);
    if (!isClosed && (!isIn || unacknowledged.size > 0)) patience = setTimeout(giveUp, waits);
  }

  function giveUp(): void {
    waits = Math.min(mostPatienceMs, 2 * waits);
    socket?.terminate();
  }

  // The server's words, as a client reads them: a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  function take(message: any): void {
    switch (message?.type) {
      case 'login_result':
        if (++times > 1) say({ type: 'repo/unwatch_branch', ...branch });
        say({ type: 'repo/watch_branch', ...branch });
        break;
      case 'repo/watch_branch_result':
        isIn = true;
        for (const id of unacknowledged.keys()) add(id);
        break;
      case 'repo/add_updates':
        for (const update of message.updates) Y.applyUpdate(doc, Buffer.from(update, 'base64'), fromOthers);
        break;
      case 'repo/updates_received': {
        const update = unacknowledged.get(message.updateId);
        if (update !== undefined) acknowledged.push(update);
        waits = patienceMs;
        unacknowledged.delete(message.updateId);
      }
    }
    waitFor();
  }

  function connect(): void {
    const mine = new WebSocket(url, { perMessageDeflate: false });
    socket = mine;
    mine.on('open', () => say({ type: 'login', connectionId: name }));
    mine.on('message', async (data) => {
      const event = JSON.parse(String(data));
      // The gateway answers in its own words for a handler that died.
      if (!Array.isArray(event)) return;
      const [type, , content] = event;
      if (type === 1) take(content);
      if (type === 4) take(JSON.parse(await (await fetch(content)).text()));
    });
    mine.on('error', () => {}); // a close follows
    mine.on('close', () => {
      isIn = false;
      if (mine === socket && !isClosed) retry = setTimeout(connect, delayMs * (1 + Math.random()));
    });
    waitFor();
  }

  connect();
  return {
    doc,
    acknowledged,
    isSaved: () => unacknowledged.size === 0,
    comeBack: () => socket?.terminate(),
    close() {
      isClosed = true;
      clearTimeout(retry);
      clearTimeout(patience);
      socket?.terminate();
    },
  };
}
