import { costRows } from './branches/costs.ts';
import { type Come, chorusEditors, type Editor } from './branches/editors.ts';
import { typed } from './branches/edits.ts';
import { hocuspocusEditors } from './branches/hocuspocus-editors.ts';
import { saturated } from './branches/saturated.ts';
import { openSinkGateway } from './costs/sink-gateway.ts';
import { startChorusProcess, startHocuspocusProcess } from './load/processes.ts';
import { median, percentile } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * Shared documents: what updates cost, and how many a second the local server takes. A Yjs server that keeps everything
 * in memory and promises nothing is measured with the same clients. Clients live in this process, each server in its
 * own.
 */

const watched = [2, 10, 50];
const load = { updates: 400, warmUp: 200 };
const joins = 15;

export async function run(): Promise<Row[]> {
  const sink = await openSinkGateway();
  const memory = await startHocuspocusProcess();
  progress('branches: starting Chorus');
  const chorus = await startChorusProcess();
  const [ours, theirs] = [chorusEditors(chorus.socketUrl), hocuspocusEditors(memory.socketUrl)];
  try {
    const rows = await costRows(sink);
    for (const watchers of watched) rows.push(await rateRow(watchers, ours, theirs));
    for (const edits of [100, 10_000]) rows.push(await joinRow(edits, ours, theirs));
    return rows;
  } finally {
    await sink.close();
    await memory.stop();
    await chorus.stop();
  }
}

async function onEditors<T>(
  come: Come,
  document: string,
  count: number,
  run: (editors: Editor[]) => Promise<T>,
): Promise<T> {
  const editors: Editor[] = [];
  while (editors.length < count) editors.push(await come(document));
  try {
    return await run(editors);
  } finally {
    for (const editor of editors) editor.close();
  }
}

/** Both in turns, so that other load on the machine affects both. */
function rateRow(watchers: number, ours: Come, theirs: Come): Promise<Row> {
  const document = `${watchers} watch`;
  return onEditors(ours, document, watchers, (our) =>
    onEditors(theirs, document, watchers, async (their) => {
      progress(`branches: as many updates as go with ${watchers} watchers`);
      const updates = typed(load.warmUp + load.updates);
      const rates: number[] = [];
      for (const part of [updates.slice(0, load.warmUp), updates.slice(load.warmUp)]) {
        rates.splice(0, 2, await saturated(our, part), await saturated(their, part));
      }
      const [rate = Number.NaN, inMemory = Number.NaN] = rates;
      return {
        what: `updates/s to ${watchers} watchers, of an in-memory Yjs server's`,
        actual: (rate / inMemory).toFixed(3),
        budget: '',
        ok: undefined,
        note: `${rate.toFixed(0)}/s against ${inMemory.toFixed(0)}/s; each is stored before it is acknowledged`,
      };
    }),
  );
}

async function joinRow(edits: number, ours: Come, theirs: Come): Promise<Row> {
  const document = `${edits} edits`;
  const updates = typed(edits);
  const perMessage = 50;
  const fill = async (come: Come, messages: readonly (readonly Uint8Array[])[], expected: number) => {
    const writer = await come(document);
    const done = Promise.withResolvers<void>();
    writer.onNews(() => writer.saved >= expected && done.resolve());
    for (const message of messages) writer.send(message);
    await done.promise;
    writer.close();
  };
  const messages = Array.from({ length: Math.ceil(edits / perMessage) }, (_, at) =>
    updates.slice(at * perMessage, (at + 1) * perMessage),
  );
  progress(`branches: late joins after ${edits} edits`);
  await fill(ours, messages, messages.length);
  await fill(theirs, messages, edits);
  const times = async (come: Come) => {
    const took: number[] = [];
    for (let join = 0; join < joins; join++) {
      const start = performance.now();
      (await come(document)).close();
      took.push(performance.now() - start);
    }
    return took;
  };
  const [our, their] = [await times(ours), await times(theirs)];
  return {
    what: `late join after ${edits.toLocaleString('en')} edits, socket and login included: p50`,
    actual: `${median(our).toFixed(1)} ms`,
    budget: '',
    ok: undefined,
    note: `p90 ${percentile(our, 0.9).toFixed(1)} ms; in memory ${median(their).toFixed(1)} ms`,
  };
}
