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
 * The item of a query that somebody has subscribed to, and the rows by which a write finds it.
 *
 * Whoever wants it looked at counts up `wanted`. One process at a time looks, by a lease; it notes in `done` how much of
 * what was wanted is done, and lets go only when that is all. So what was wanted from a process that died is still to be
 * seen when its lease is over.
 */
export interface LiveQuery {
  readonly id: string;
  readonly asked: Asked;
  readonly wanted: number;
  readonly done: number;
  /** The changes for which it is wanted. */
  readonly waiting: ReadonlySet<string>;
  /** Changes that its subscribers have seen: the last few. */
  readonly covered: readonly string[];
  /** Names of what the result depends on, each with a row. */
  readonly depends: ReadonlySet<string>;
  /** Which query and which buckets that result is of, where they are defined at run time; see `Evaluated`. */
  readonly definitions: ReadonlyMap<string, string>;
  /** The result that its subscribers saw last; undefined for none. */
  readonly hash: string | undefined;
  /** The number of that result. */
  readonly seq: number;
  /** Somebody began to post that result and may not have come to all. */
  readonly isUnposted: boolean;
  /** That result was too large for a message. */
  readonly isOversized: boolean;
  /** It has had so many subscribers that they are posted to through the queue. */
  readonly isWide: boolean;
  /** Until when its rows are kept without anybody new. */
  readonly keptUntil: number;
  /** When it will be looked at without anybody writing; undefined for never. */
  readonly wakesAt: number | undefined;
  readonly lease: string | undefined;
  readonly leaseUntil: number;
}

/** The stream is rarely further behind than that. */
const mostCovered = 24;

export type Taken =
  | { readonly by: 'us' | 'others'; readonly live: LiveQuery }
  /** Nobody has subscribed to it any more. */
  | { readonly by: 'nobody' };

/**
 * Wants it looked at, and takes the lease if nobody has it.
 * @param by names the process's present attempt
 * @param marks the changes it is wanted for; at least one
 * @param asked makes it where it is new
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

/** @returns false when somebody else has the lease by now: nothing more may be done with it */
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

/** Notes what is about to be posted: whoever takes over knows that it may not have been. */
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
 * All that was wanted when it was read is done; lets go if nothing else is wanted by now.
 * @returns as it is now, where there is more to do
 */
export async function finish(
  ports: Ports,
  { id, wanted, waiting, covered: before }: LiveQuery,
  by: string,
  wakesAt: number | undefined,
): Promise<LiveQuery | undefined> {
  const { connections, clock } = ports;
  const covered = [...before, ...waiting].slice(-mostCovered);
  // What is wanted twice for one change waits once, so that nothing may be left: a set is never empty in the table.
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

/** Lets go of what is not done. */
export async function release({ connections }: Ports, id: string, by: string): Promise<void> {
  await connections.update(keys.liveQuery(id), ex`REMOVE lease, leaseUntil`, { when: ex`lease = ${by}` });
}

/** Nobody is subscribed to it. @returns false when somebody wants it looked at again: they may have come since */
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

/** Whether somebody is looking at it now. */
export const isTaken = ({ lease, leaseUntil }: LiveQuery, now: EpochMs): boolean =>
  lease !== undefined && leaseUntil > now;
