import * as Y from 'yjs';
import { base64 } from '../../functions/core/base64.ts';
import type { Arbitrary } from './arbitrary.ts';
import type { BranchWorld, Message, Watcher } from './branches.ts';
import { editOnce } from './random-documents.ts';

/**
 * A client that edits a document in a branch like the stock client. After each reconnect it logs in, stops watching,
 * watches, and then sends again all updates that were not acknowledged. It may receive frames late, in any order, and
 * twice.
 */
export interface BranchEditor {
  readonly doc: Y.Doc;
  /** In base64, in the order they were acknowledged. */
  readonly acknowledged: readonly string[];
  /** How many are not acknowledged. */
  readonly waiting: number;
  isOnline(): boolean;
  edit(): void;
  come(): Promise<void>;
  /** Closes the socket, with a close frame or without. */
  go(how: 'close' | 'vanish'): void;
  /** Applies received frames: some of them later and some twice, or all as they came. */
  hear(how: 'anyhow' | 'all'): void;
  /** All refusals that the server sent. */
  readonly refusals: readonly Message[];
}

const fromOthers = Symbol('from others');

export function branchEditor(world: BranchWorld, any: Arbitrary, branch: object, name: string): BranchEditor {
  const doc = new Y.Doc();
  doc.clientID = any.integer(2 ** 31);
  const unacknowledged = new Map<number, string>();
  const acknowledged: string[] = [];
  const refusals: Message[] = [];
  let inbox: string[] = [];
  let socket: Watcher | undefined;
  let read = 0;
  let isIn = false;
  let times = 0;
  let count = 0;

  doc.on('update', (bytes: Uint8Array, origin: unknown) => {
    if (origin === fromOthers) return;
    const id = ++count;
    unacknowledged.set(id, base64(bytes));
    if (isIn) send(id);
  });

  function send(updateId: number): void {
    const update = unacknowledged.get(updateId);
    if (update !== undefined) socket?.say({ type: 'repo/add_updates', ...branch, updates: [update], updateId });
  }

  function take(message: Message): void {
    switch (message.type) {
      case 'login_result':
        if (++times > 1) socket?.say({ type: 'repo/unwatch_branch', ...branch });
        socket?.say({ type: 'repo/watch_branch', ...branch });
        return;
      case 'repo/watch_branch_result':
        if (!message.success) refusals.push(message);
        isIn = true;
        for (const id of unacknowledged.keys()) send(id);
        return;
      case 'repo/add_updates':
        for (const update of message.updates) Y.applyUpdate(doc, Buffer.from(update, 'base64'), fromOthers);
        return;
      case 'repo/updates_received': {
        const update = unacknowledged.get(message.updateId);
        if (update !== undefined) acknowledged.push(update);
        unacknowledged.delete(message.updateId);
      }
    }
  }

  return {
    doc,
    acknowledged,
    refusals,
    get waiting() {
      return unacknowledged.size;
    },
    isOnline: () => socket !== undefined,
    edit: () => editOnce(any, doc),
    async come() {
      const opened = await world.silent();
      [socket, read, isIn] = [opened, 0, false];
      opened.say({ type: 'login', connectionId: name });
    },
    go(how) {
      if (how === 'close') socket?.close();
      else socket?.vanish();
      // What has arrived is in the memory of the client. Anything else will never arrive.
      inbox = [];
      [socket, isIn] = [undefined, false];
    },
    hear(how) {
      inbox.push(...(socket?.texts.slice(read) ?? []));
      read = socket?.texts.length ?? 0;
      const later: string[] = [];
      while (inbox.length > 0) {
        const at = how === 'all' ? 0 : any.integer(inbox.length);
        const [text = ''] = inbox.splice(at, 1);
        const lot = how === 'all' ? 2 : any.integer(8);
        if (lot < 2) later.push(text);
        if (lot === 0) continue;
        const message = world.messageIn(text);
        if (message) take(message);
        else refusals.push(JSON.parse(text)[2]);
      }
      inbox = later;
    },
  };
}
