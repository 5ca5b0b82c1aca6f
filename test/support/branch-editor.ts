import * as Y from 'yjs';
import { base64 } from '../../functions/core/base64.ts';
import type { Arbitrary } from './arbitrary.ts';
import type { BranchWorld, Message, Watcher } from './branches.ts';
import { editOnce } from './random-documents.ts';

/**
 * Somebody who edits a document in a branch, as the stock client does: whoever comes back logs in, stops watching and
 * watches, and once that is answered sends again whatever was not acknowledged. Frames may be heard late, in any order and
 * twice.
 */
export interface BranchEditor {
  readonly doc: Y.Doc;
  /** In base64, in the order they were acknowledged. */
  readonly acknowledged: readonly string[];
  /** How many are not. */
  readonly waiting: number;
  isOnline(): boolean;
  edit(): void;
  come(): Promise<void>;
  /** The socket goes, with or without a word. */
  go(how: 'close' | 'vanish'): void;
  /** Takes in what has come; some of it later, some of it twice, or all of it as it came. */
  hear(how: 'anyhow' | 'all'): void;
  /** Everything that anybody complained of. */
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
      // What has come is in the client's memory; what has not will never come.
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
