import { ex } from '../core/expression.ts';
import { isObject } from '../core/json.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import type { Asked } from './asked.ts';
import { dependNoMore, mostAtOnce, ttlOf } from './dependents-store.ts';
import { leaseMs } from './lease.ts';

/**
 * The item of a live query with subscribers, and the rows by which a write finds it.
 *
 * A process that wants an evaluation increments `wanted`. One process at a time evaluates, holding a lease. It notes in
 * `done` how many requests it has served, and releases the lease only when all are. So if it dies, the unserved
 * requests are still visible when its lease expires.
 */
export interface LiveQuery {
  readonly id: string;
  readonly asked: Asked;
  readonly wanted: number;
  readonly done: number;
  /** The changes for which an evaluation is wanted. */
  readonly waiting: ReadonlySet<string>;
  /** The last few changes that its subscribers have seen. */
  readonly covered: readonly string[];
  /** Names of what the result depends on, each with a row. */
  readonly depends: ReadonlySet<string>;
  /** The query and buckets from run time of that result; see `Evaluated`. */
  readonly definitions: ReadonlyMap<string, string>;
  /** Hash of the last result that its subscribers got; undefined for none. */
  readonly hash: string | undefined;
  /** The number of that result. */
  readonly seq: number;
  /** A process began to post that result, possibly not to all subscribers. */
  readonly isUnposted: boolean;
  /** That result was too large for a message. */
  readonly isOversized: boolean;
  /** It has had so many subscribers that posts go through the queue. */
  readonly isWide: boolean;
  /** How long its rows live without new subscribers. */
  readonly keptUntil: number;
  /** When it will be evaluated without a write; undefined for never. */
  readonly wakesAt: number | undefined;
  readonly lease: string | undefined;
  readonly leaseUntil: number;
}

/** The stream is rarely further behind than so many changes. */
const mostCovered = 24;

export type Taken =
  | { readonly by: 'us' | 'others'; readonly live: LiveQuery }
  /** It has no subscribers any more. */
  | { readonly by: 'nobody' };

/**
 * Requests an evaluation, and takes the lease if it is free.
 * @param by id of the process's current attempt
 * @param marks the changes for the evaluation; at least one
 * @param asked creates the item if the query is new
 */
export async function take(
  ports: Ports,
  id: string,
  by: string,
  marks: readonly string[],
  asked?: Asked,
): Promise<Taken> {
  const key = keys.liveQuery(id);
  const waiting = new Set(marks);
  for (;;) {
    const now = ports.clock.now();
    const until = now + leaseMs;
    const taken = asked
      ? await ports.connections.update(
          key,
          ex`SET lease = ${by}, leaseUntil = ${until}, asked = ${JSON.stringify(asked)}, ttl = if_not_exists(ttl, ${ttlOf(until)}) ADD wanted ${1}, waiting ${waiting}`,
          { when: ex`attribute_not_exists(lease) OR leaseUntil <= ${now}` },
        )
      : await ports.connections.update(
          key,
          ex`SET lease = ${by}, leaseUntil = ${until} ADD wanted ${1}, waiting ${waiting}`,
          { when: ex`attribute_exists(asked) AND (attribute_not_exists(lease) OR leaseUntil <= ${now})` },
        );
    if (taken.ok && taken.item) return { by: 'us', live: liveQueryOf(id, taken.item) };
    const current = taken.ok ? undefined : taken.current;
    if (!current) return { by: 'nobody' };
    // The answer to our own attempt was lost.
    if (current.lease === by) return { by: 'us', live: liveQueryOf(id, current) };
    const marked = await ports.connections.update(key, ex`ADD wanted ${1}, waiting ${waiting}`, {
      when: ex`lease = ${current.lease}`,
    });
    if (marked.ok && marked.item) return { by: 'others', live: liveQueryOf(id, marked.item) };
  }
}

export async function findLiveQuery({ connections }: Ports, id: string): Promise<LiveQuery | undefined> {
  const item = await connections.get(keys.liveQuery(id));
  return item && liveQueryOf(id, item);
}

export async function findLiveQueries({ connections }: Ports, ids: readonly string[]): Promise<LiveQuery[]> {
  const items = await connections.batchGet(ids.map(keys.liveQuery));
  const byKey = new Map(items.map((item) => [item.pk, item]));
  return ids.flatMap((id) => {
    const item = byKey.get(keys.liveQuery(id).pk);
    return item ? liveQueryOf(id, item) : [];
  });
}

/** @returns false when another process has the lease: this one must stop */
export function renew(ports: Ports, id: string, by: string): Promise<boolean> {
  return change(ports, id, by, ex`SET leaseUntil = ${ports.clock.now() + leaseMs}`);
}

export interface Announced {
  readonly hash: string;
  readonly seq: number;
  readonly isOversized: boolean;
  readonly isWide: boolean;
  readonly definitions: ReadonlyMap<string, string>;
}

/** Notes the result before it is posted, so that a process that takes over knows that it may be unposted. */
export function announce(
  ports: Ports,
  id: string,
  by: string,
  { hash, seq, isOversized, isWide, definitions }: Announced,
): Promise<boolean> {
  const until = ports.clock.now() + leaseMs;
  return change(
    ports,
    id,
    by,
    ex`SET hash = ${hash}, seq = ${seq}, unposted = ${true}, oversized = ${isOversized}, wide = ${isWide}, definitions = ${Object.fromEntries(definitions)}, leaseUntil = ${until}`,
  );
}

/**
 * Notes that all requests up to the reading are served, and releases the lease if there are no new ones.
 * @returns the current item, if there is more to do
 */
export async function finish(
  ports: Ports,
  { id, wanted, waiting, covered: before }: LiveQuery,
  by: string,
  wakesAt: number | undefined,
): Promise<LiveQuery | undefined> {
  const { connections, clock } = ports;
  const covered = [...before, ...waiting].slice(-mostCovered);
  // Two requests for one change are one entry, so the set may become empty, which the table does not store.
  const seen = new Set([...waiting, by]);
  const wake = wakesAt ?? 0;
  const done = await connections.update(
    keys.liveQuery(id),
    ex`SET done = ${wanted}, covered = ${covered}, wakesAt = ${wake} REMOVE lease, leaseUntil, unposted DELETE waiting ${seen}`,
    { when: ex`lease = ${by} AND wanted = ${wanted}` },
  );
  if (done.ok || done.current?.lease !== by) return undefined;
  const goOn = await connections.update(
    keys.liveQuery(id),
    ex`SET done = ${wanted}, covered = ${covered}, wakesAt = ${wake}, leaseUntil = ${clock.now() + leaseMs} REMOVE unposted DELETE waiting ${seen}`,
    { when: ex`lease = ${by}` },
  );
  return goOn.ok && goOn.item ? liveQueryOf(id, goOn.item) : undefined;
}

/** Releases the lease without having finished. */
export async function release({ connections }: Ports, id: string, by: string): Promise<void> {
  await connections.update(keys.liveQuery(id), ex`REMOVE lease, leaseUntil`, { when: ex`lease = ${by}` });
}

/** Deletes a query without subscribers. @returns false when a new evaluation is wanted, possibly by a new subscriber */
export async function drop(ports: Ports, { id, wanted, depends }: LiveQuery, by: string): Promise<boolean> {
  const names = [...depends];
  while (names.length > mostAtOnce) {
    if (!(await dependNoMore(ports, id, by, names.splice(-mostAtOnce)))) return false;
  }
  const dropped = await ports.connections.transact([
    { delete: keys.liveQuery(id), when: ex`lease = ${by} AND wanted = ${wanted}` },
    ...names.map((name) => ({ delete: keys.dependent(name, id) })),
  ]);
  return dropped.ok;
}

async function change({ connections }: Ports, id: string, by: string, what: ReturnType<typeof ex>): Promise<boolean> {
  return (await connections.update(keys.liveQuery(id), what, { when: ex`lease = ${by}` })).ok;
}

function liveQueryOf(id: string, item: Item): LiveQuery {
  return {
    id,
    asked: JSON.parse(String(item.asked)) as Asked, // written by `take`
    wanted: Number(item.wanted),
    done: Number(item.done ?? 0),
    waiting: textsIn(item.waiting),
    covered: Array.isArray(item.covered) ? item.covered.map(String) : [],
    depends: textsIn(item.depends),
    definitions: namedTexts(item.definitions),
    hash: typeof item.hash === 'string' ? item.hash : undefined,
    seq: Number(item.seq ?? 0),
    isUnposted: item.unposted === true,
    isOversized: item.oversized === true,
    isWide: item.wide === true,
    keptUntil: Number(item.keptUntil ?? 0),
    wakesAt: Number(item.wakesAt ?? 0) || undefined,
    lease: typeof item.lease === 'string' ? item.lease : undefined,
    leaseUntil: Number(item.leaseUntil ?? 0),
  };
}

const namedTexts = (item: unknown): ReadonlyMap<string, string> =>
  new Map(isObject(item) ? Object.entries(item).map(([name, text]) => [name, String(text)]) : []);

function textsIn(set: unknown): ReadonlySet<string> {
  return new Set(set instanceof Set ? [...set].map(String) : []);
}

/** Whether a process is evaluating it now. */
export const isTaken = ({ lease, leaseUntil }: LiveQuery, now: EpochMs): boolean =>
  lease !== undefined && leaseUntil > now;
