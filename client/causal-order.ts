import * as decoding from 'lib0/decoding';
import { hasContent, type Id, readHead, type Struct } from './yjs-update.ts';

interface Queue {
  readonly structs: readonly Struct[];
  /** How many of them are out. */
  done: number;
}

/**
 * Each struct after all that it builds on, as far as that is among them; those of one client as they are. Yjs keeps what
 * comes too early for later, but forgets at times to look at it again: whoever gets structs in this order never depends on it.
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

/** All of a client's structs, and before each what it waits for. */
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
    // Two that wait for each other are nothing that Yjs makes: then either order will do.
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
