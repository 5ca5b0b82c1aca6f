import * as decoding from 'lib0/decoding';
import { hasContent, type Id, readHead, type Struct } from './yjs-update.ts';

interface Queue {
  readonly structs: readonly Struct[];
  /** How many of them have been emitted. */
  done: number;
}

/**
 * Sorts structs so that each comes after those it depends on, if they are included; the order of one client's structs
 * stays. Yjs keeps structs that come too early, but sometimes forgets to apply them later. With this order it never has
 * to.
 */
export function inCausalOrder(structs: readonly Struct[]): Struct[] {
  const queues = new Map<number, Queue>();
  for (const [client, own] of Map.groupBy(structs, (struct) => struct.client)) {
    queues.set(client, { structs: own, done: 0 });
  }
  const ordered: Struct[] = [];
  for (const client of queues.keys()) workOff(queues, client, ordered);
  return ordered;
}

/** Emits all of a client's structs, and before each those that it depends on. */
function workOff(queues: ReadonlyMap<number, Queue>, client: number, ordered: Struct[]): void {
  const waiting: Id[] = [{ client, clock: Number.POSITIVE_INFINITY }];
  for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
    const { client: current, clock: upTo } = top;
    const queue = queues.get(current);
    const next = queue?.structs[queue.done];
    if (!queue || !next || next.clock > upTo) {
      waiting.pop();
      continue;
    }
    const first = foundations(next).find(({ client: other, clock }) => isAhead(queues.get(other), clock));
    // Yjs never makes two structs that depend on each other; if it happens, either order will do.
    if (first && !waiting.some((one) => one.client === first.client)) {
      waiting.push(first);
    } else {
      ordered.push(next);
      queue.done += 1;
    }
  }
}

function isAhead(queue: Queue | undefined, clock: number): boolean {
  const next = queue?.structs[queue.done];
  return next !== undefined && next.clock <= clock;
}

function foundations(struct: Struct): Id[] {
  if (!hasContent(struct)) return [];
  const { leftOrigin, rightOrigin, parent } = readHead(decoding.createDecoder(struct.bytes));
  return [leftOrigin, rightOrigin, parent].flatMap((id) => (id && id.client !== struct.client ? [id] : []));
}
