import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import type { Happened } from './history.ts';
import { untilKilled } from './mortal-ports.ts';
import { type NoexFrame, type NoexWorld, noexWorld } from './noex.ts';
import type { Client } from './sockets.ts';
import type { Answer, Asked } from './store-model.ts';

/** Numbers that look random, the same for the same seed: from 0 up to, but not including, 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const schema = { id: { type: 'string' }, v: { type: 'string' }, tag: { type: 'string' } } as const;
const places = ['plain/a', 'plain/b', 'named/a', 'named/b', 'named/c'];
const tags = ['x', 'y', null];

/**
 * Five clients that send fifty random requests each, about a few records.
 * @param change a fault of the process that they ask
 */
export async function randomHistory(
  seed: number,
  change: (table: Table, random: () => number) => Table = slowly,
): Promise<readonly (readonly Happened<Asked, Answer>[])[]> {
  const random = randomNumbers(seed);
  const world = await noexWorld({
    buckets: {
      plain: { key: 'id', schema, shards: 2, counted: true },
      named: { key: 'id', schema: { ...schema, tag: { type: 'string', unique: true } } },
    },
  });
  const ports: Ports = Object.create(world.ports, {
    table: { value: change(world.ports.table, random) },
    connections: { value: oneByOne(world.ports.connections) },
  });
  let time = 0;
  const tick = () => ++time;
  const clients = await Promise.all(Array.from({ length: 5 }, () => world.connect()));
  return Promise.all(
    clients.map(async ({ socket }, number) => {
      const known = new Map<string, number>();
      const history: Happened<Asked, Answer>[] = [];
      for (let count = 0; count < 50; count++) {
        const asked = somethingToAsk(random, `${number}.${count}`, known);
        const start = tick();
        const frame = await ask(world, socket, count, frameOf(asked), ports, random);
        if (frame && isBusy(frame)) continue; // nothing happened
        const answer = frame && answerIn(frame);
        history.push({ start, end: tick(), asked, answer });
        learn(known, asked, answer);
      }
      return history;
    }),
  );
}

/** Reads of several records come one by one, and everything takes time, as it may on AWS. */
export function slowly(table: Table, random: () => number): Table {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, random() * 2));
  const slow = new Proxy(table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        await pause();
        return value.apply(target, args);
      };
    },
  });
  return oneByOne(slow);
}

/** Several items are read one by one, each where it lives. */
function oneByOne(table: Table): Table {
  const batchGet: Table['batchGet'] = async (keys) => {
    const items = await Promise.all(keys.map(({ pk, sk, in: place = table }) => place.get({ pk, sk })));
    return items.filter((item) => item !== undefined);
  };
  return Object.assign(Object.create(table), { batchGet });
}

function somethingToAsk(random: () => number, v: string, known: ReadonlyMap<string, number>): Asked {
  const any = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T; // the list is not empty
  const step = () => {
    const at = any(places);
    const kind = random();
    const seen = known.get(at) ?? 1;
    const expected = random() < 0.4 ? { expectedVersion: seen } : {};
    const tag = at.startsWith('named') ? any(tags) : null;
    if (kind < 0.3) return { op: 'get', at } as const;
    if (kind < 0.55) return { op: 'insert', at, v, tag } as const;
    if (kind < 0.85) return { op: 'update', at, v, ...(random() < 0.5 ? { tag } : {}), ...expected } as const;
    return { op: 'delete', at, ...expected } as const;
  };
  if (random() < 0.6) return step();
  return { op: 'transaction', steps: Array.from({ length: 1 + Math.floor(random() * 3) }, step) };
}

function frameOf(asked: Asked): object {
  if (asked.op === 'transaction') return { type: 'store.transaction', operations: asked.steps.map(fieldsOf) };
  return { type: `store.${asked.op}`, ...fieldsOf(asked) };
}

function fieldsOf({ at, ...asked }: Exclude<Asked, { readonly op: 'transaction' }>): object {
  const [bucket, id] = at.split('/');
  const { op } = asked;
  const data = 'v' in asked ? { v: asked.v, ...(asked.tag === undefined ? {} : { tag: asked.tag }) } : undefined;
  const expected = 'expectedVersion' in asked ? { expectedVersion: asked.expectedVersion } : {};
  return { op, bucket, ...(op === 'insert' ? { data: { id, ...data } } : { key: id, data, ...expected }) };
}

/** Now and then the process dies during a request: then there is no answer. */
async function ask(
  world: NoexWorld,
  socket: Client,
  id: number,
  frame: object,
  ports: Ports,
  random: () => number,
): Promise<NoexFrame | undefined> {
  const text = JSON.stringify({ id, ...frame });
  const isMortal = random() < 0.05;
  const ios = isMortal ? 2 + Math.floor(random() * 6) : Number.POSITIVE_INFINITY;
  const isKilled = await untilKilled(ports, ios, (mine) => world.direct(socket, text, mine));
  const answer = socket.texts.map((one): NoexFrame => JSON.parse(one)).find((one) => one.id === id);
  if (!answer && !isKilled) throw new Error(`${text} was not answered`);
  return answer;
}

/** Other writers were faster every time. */
const isBusy = ({ code, details }: NoexFrame): boolean =>
  code === 'BACKPRESSURE' || (code === 'CONFLICT' && !('actualVersion' in details));

/** Answers in the words of the model. */
function answerIn({ type, code, details, data }: NoexFrame): Answer {
  if (type === 'result')
    return data?.results ? data.results.map((one: { data: unknown }) => plain(one.data)) : plain(data);
  if (code === 'CONFLICT')
    return details && 'actualVersion' in details ? `CONFLICT ${details.actualVersion}` : undefined;
  return code === 'BACKPRESSURE' ? undefined : code;
}

function plain(data: NoexFrame['data']): Answer {
  if (data === null || data.deleted) return data;
  return { id: data.id, v: data.v, tag: data.tag ?? null, version: data._version };
}

function learn(known: Map<string, number>, asked: Asked, answer: Answer): void {
  const note = (at: string, one: unknown) => {
    if (typeof one === 'object' && one !== null && 'version' in one) known.set(at, Number(one.version));
  };
  if (asked.op !== 'transaction') note(asked.at, answer);
  else if (Array.isArray(answer)) asked.steps.forEach(({ at }, index) => void note(at, answer[index]));
}
