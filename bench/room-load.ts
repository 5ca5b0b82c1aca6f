import { joinMembers, type Member } from './load/members.ts';
import { everybodyMoves } from './load/moving.ts';
import { startChorusProcess, startMemoryProcess } from './load/processes.ts';
import { type Kind, type Measured, paced, saturated } from './load/rounds.ts';
import { percentile } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * One room of fifty on the local server, and on a server that keeps everything in memory and promises nothing, with the
 * same clients. Clients live in this process, each server in its own.
 */

const roomSize = 50;
const budgets = { share: 0.15, unloadedMs: 4 };
const kinds: readonly Kind[] = ['chat', 'event'];
const load = { senders: roomSize, perSecond: 10, seconds: 4 };
const light = { senders: 10, perSecond: 4, seconds: 5 };
const full = { senders: roomSize, ahead: 2, seconds: 5 };

export async function run(): Promise<Row[]> {
  const memory = await startMemoryProcess();
  progress('room-load: starting Chorus');
  const chorus = await startChorusProcess();
  try {
    const rows: Row[] = [];
    for (const kind of kinds) rows.push(...(await compare(kind, chorus.socketUrl, memory.socketUrl)));
    rows.push(await presenceRow(chorus.socketUrl));
    return rows;
  } finally {
    await memory.stop();
    await chorus.stop();
  }
}

async function onMembers<T>(url: string, count: number, run: (members: Member[]) => Promise<T>): Promise<T> {
  const members = await joinMembers(url, count);
  try {
    return await run(members);
  } finally {
    for (const member of members) member.close();
  }
}

interface Figures {
  readonly unloaded: Measured;
  readonly loaded: Measured;
  readonly most: Measured;
}

/** Both in turns, one kind of load after the other, so that other load on the machine affects both. */
function compare(kind: Kind, oursUrl: string, memoryUrl: string): Promise<Row[]> {
  return onMembers(oursUrl, roomSize, (ours) =>
    onMembers(memoryUrl, roomSize, async (memory) => {
      const both = async (what: string, measure: (members: Member[]) => Promise<Measured>) => {
        progress(`room-load: ${kind}, ${what}`);
        return [await measure(ours), await measure(memory)] as const;
      };
      // Code is compiled and environments have started before anything counts.
      await both('warming up', (members) => saturated(members, kind, full));
      const unloaded = await both('hardly any', (members) => paced(members, kind, light));
      const loaded = await both(`${load.senders} x ${load.perSecond}/s`, (members) => paced(members, kind, load));
      const most = await both('as much as goes', (members) => saturated(members, kind, full));
      return rowsOf(
        kind,
        { unloaded: unloaded[0], loaded: loaded[0], most: most[0] },
        { unloaded: unloaded[1], loaded: loaded[1], most: most[1] },
      );
    }),
  );
}

function rowsOf(kind: Kind, ours: Figures, memory: Figures): Row[] {
  const share = rate(ours.most) / rate(memory.most);
  const unloadedMs = percentile(ours.unloaded.latencies, 0.5);
  const runs = [ours.unloaded, ours.loaded, ours.most];
  const sum = (count: (run: Measured) => number) => runs.reduce((total, run) => total + count(run), 0);
  const faults = [sum((run) => run.lost), sum((run) => run.duplicated), sum((run) => run.reordered)];
  return [
    {
      what: `${kind}, ${roomSize} members, hardly any: p50`,
      actual: `${unloadedMs.toFixed(1)} ms`,
      budget: `<= ${budgets.unloadedMs} ms`,
      ok: unloadedMs <= budgets.unloadedMs,
      note: `p99 ${percentile(ours.unloaded.latencies, 0.99).toFixed(1)} ms; in memory ${delays(memory.unloaded)}`,
    },
    {
      what: `${kind}, ${load.senders} members x ${load.perSecond}/s`,
      actual: `${(ours.loaded.deliveries / ours.loaded.seconds).toFixed(0)} deliveries/s, ${delays(ours.loaded)}`,
      budget: '',
      ok: undefined,
      note: `in memory ${delays(memory.loaded)}`,
    },
    {
      what: `${kind}, the highest rate: of an in-memory broadcast's messages/s`,
      actual: share.toFixed(3),
      budget: `>= ${budgets.share}`,
      ok: share >= budgets.share,
      note: `${rate(ours.most).toFixed(0)}/s against ${rate(memory.most).toFixed(0)}/s; ${delays(ours.most)}`,
    },
    {
      what: `${kind}: lost, duplicated, reordered per sender, in all of these`,
      actual: faults.join(', '),
      budget: '0, 0, 0',
      ok: faults.every((count) => count === 0),
      note: `of ${sum((run) => run.deliveries + run.lost)} deliveries`,
    },
  ];
}

const rate = (run: Measured): number => run.complete / run.seconds;

const delays = (run: Measured): string =>
  `p50 ${percentile(run.latencies, 0.5).toFixed(1)} ms, p99 ${percentile(run.latencies, 0.99).toFixed(1)} ms`;

/** Frames a second when everybody moves ten times a second, in rooms of growing size. */
async function presenceRow(url: string): Promise<Row> {
  const sizes = [10, 20, roomSize];
  const frames: number[] = [];
  let stale = 0;
  for (const size of sizes) {
    progress(`room-load: ${size} members moving`);
    const moved = await onMembers(url, size, everybodyMoves);
    frames.push(moved.framesPerSecond);
    stale += moved.stale;
  }
  const growth = (frames.at(-1) ?? Number.NaN) / (frames[0] ?? Number.NaN);
  const allowed = roomSize / (sizes[0] ?? 1);
  return {
    what: `presence, all moving 10/s: frames/s of ${roomSize} members, of ${sizes[0]} members'`,
    actual: `${growth.toFixed(1)} x`,
    budget: `<= ${allowed} x`,
    ok: growth <= allowed && stale === 0,
    note: `${sizes.map((size, index) => `${size}: ${frames[index]?.toFixed(0)}/s`).join(', ')}; without coalescing ${roomSize}: ${roomSize * (roomSize - 1) * 10}/s; ${stale} stale views at the end`,
  };
}
