/**
 * Records what was sent and what arrived. Each message carries its sender's number and its own. So losses, duplicates
 * and changes of order show for every pair of sender and receiver, and the time of sending can be looked up.
 */
export interface Tally {
  /** The marker to put into the next message of this sender. */
  sent(sender: number): string;
  /** Looks for a marker in what this receiver got. */
  arrived(receiver: number, text: string): void;
  /** Calls `listener` when a message has reached everybody, with its sender. */
  onComplete(listener: (sender: number) => void): void;
  /** Resolves when everything sent has arrived everywhere, or nothing has for `patienceMs`. */
  settled(patienceMs: number): Promise<void>;
  readonly result: Result;
}

export interface Result {
  readonly deliveries: number;
  /** Messages that reached everybody. */
  readonly complete: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** From sending to each delivery, ms. */
  readonly latencies: readonly number[];
  /** From sending to the last delivery, ms. */
  readonly lastLatencies: readonly number[];
}

interface Sent {
  readonly at: number;
  /** Receivers that have not got it yet. */
  left: number;
}

const marker = /~(\d+):(\d+)~/;

/** @param receiversOf how many members must receive a message */
export function createTally(receiversOf: number): Tally {
  const sent: Sent[][] = [];
  /** Per receiver and sender: the number expected next, and those below it that are missing. */
  const books = new Map<string, { next: number; readonly missing: Set<number> }>();
  const latencies: number[] = [];
  const lastLatencies: number[] = [];
  let duplicated = 0;
  let reordered = 0;
  let complete = 0;
  let listener: (sender: number) => void = () => {};

  function isNew(receiver: number, sender: number, number: number): boolean {
    const key = `${receiver}:${sender}`;
    const book = books.get(key) ?? { next: 0, missing: new Set<number>() };
    books.set(key, book);
    if (number >= book.next) {
      for (let skipped = book.next; skipped < number; skipped++) book.missing.add(skipped);
      book.next = number + 1;
      return true;
    }
    const isLate = book.missing.delete(number);
    if (isLate) reordered += 1;
    else duplicated += 1;
    return isLate;
  }

  const total = () => sent.reduce((sum, messages) => sum + messages.length, 0);

  return {
    sent(sender) {
      sent[sender] ??= [];
      const number = sent[sender].push({ at: performance.now(), left: receiversOf }) - 1;
      return `~${sender}:${number}~`;
    },
    arrived(receiver, text) {
      const found = marker.exec(text);
      if (!found) return;
      const [sender, number] = [Number(found[1]), Number(found[2])];
      const message = sent[sender]?.[number];
      if (!message || !isNew(receiver, sender, number)) return;
      const latency = performance.now() - message.at;
      latencies.push(latency);
      message.left -= 1;
      if (message.left > 0) return;
      complete += 1;
      lastLatencies.push(latency);
      listener(sender);
    },
    onComplete(next) {
      listener = next;
    },
    async settled(patienceMs) {
      for (let before = -1; complete < total() && before < latencies.length; ) {
        before = latencies.length;
        const until = performance.now() + patienceMs;
        while (complete < total() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    get result() {
      const due = total() * receiversOf;
      return {
        deliveries: latencies.length,
        complete,
        lost: due - latencies.length,
        duplicated,
        reordered,
        latencies,
        lastLatencies,
      };
    },
  };
}
