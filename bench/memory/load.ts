import { signInAt } from '../../test/support/sign-in-at.ts';
import { startChorusProcess, startMemoryKeysProcess } from '../load/processes.ts';
import { median, percentile } from '../median.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';
import { closedLoop, type Looped } from '../store/closed-loop.ts';
import { type MemoryClient, openMemoryClient } from './client.ts';

/**
 * Keys on the local server, and on a server that keeps Maps in memory and promises nothing, with the same clients in
 * the same run. Clients live in this process, each server in its own.
 */

const many = 20;
const seconds = 2;
const firstSeconds = 10;
const warmUpSeconds = 0.5;
const deliveries = 150;
const keys = 1_000;
const joins = 15;

/** A server to compare. */
interface Place {
  /** @returns the URL of an instance that no client has used yet */
  newInstance(): Promise<string>;
}

export async function loadRows(): Promise<Row[]> {
  const memory = await startMemoryKeysProcess();
  progress('memory: starting Chorus');
  const chorus = await startChorusProcess();
  try {
    let count = 0;
    const places: Both<Place> = [
      await chorusAt(chorus.socketUrl),
      { newInstance: async () => `${memory.socketUrl}sync/${++count}` },
    ];
    await warmUp(places[0]);
    return [
      await deliveryRow(places),
      await setsRow('one connection', places, 1, 1),
      await setsRow(`${many} connections to one instance, a key each`, places, many, 1),
      await setsRow(`${many} connections to an instance each`, places, many, many),
      await snapshotRow(places),
    ];
  } finally {
    await memory.stop();
    await chorus.stop();
  }
}

async function chorusAt(socketUrl: string): Promise<Place> {
  const { origin } = new URL(socketUrl.replace(/^ws/, 'http'));
  const sessionKey = await signInAt(origin, 'ada@example.com');
  return {
    async newInstance() {
      const answer = await fetch(`${origin}/api/projects`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sessionKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Load' }),
      });
      // As documented.
      const { defaultInstanceId } = (await answer.json()) as { readonly defaultInstanceId: string };
      return `${origin.replace(/^http/, 'ws')}/sync/${defaultInstanceId}?access_token=${sessionKey}`;
    },
  };
}

/** Chorus first. */
type Both<T> = readonly [T, T];

/** In turns, so that other load on the machine affects both. */
async function inTurns<T>([ours, theirs]: Both<Place>, run: (place: Place) => Promise<T>): Promise<Both<T>> {
  return [await run(ours), await run(theirs)];
}

async function withClients<T>(urls: readonly string[], run: (clients: readonly MemoryClient[]) => Promise<T>) {
  const clients: MemoryClient[] = [];
  for (const url of urls) clients.push(await openMemoryClient(url));
  try {
    return await run(clients);
  } finally {
    for (const client of clients) client.close();
  }
}

/** Until every process of Chorus has handled sets; the other server is fast at once. */
async function warmUp(place: Place): Promise<void> {
  progress('memory: warming up');
  const urls = await Promise.all(Array.from({ length: many }, () => place.newInstance()));
  await withClients(urls, (clients) => closedLoop(clients, firstSeconds, (client, turn) => client.set('k', turn)));
}

/** From sending a set until another client receives it, one after the other. */
async function deliveryRow(places: Both<Place>): Promise<Row> {
  progress('memory: from a set until somebody else hears of it');
  const [mine, theirs] = await inTurns(places, async (place) => {
    const url = await place.newInstance();
    return withClients([url, url], async ([writer, listener]) => {
      const latencies: number[] = [];
      for (let value = 1; value <= deliveries; value++) {
        const heard = listener?.hears('k', value);
        const sentAt = performance.now();
        const acknowledged = writer?.set('k', value);
        await heard;
        latencies.push(performance.now() - sentAt);
        await acknowledged;
      }
      return latencies.slice(deliveries / 3);
    });
  });
  const [p50, p99] = [median(mine), percentile(mine, 0.99)];
  return {
    what: 'memory: from a set until somebody else hears of it',
    actual: delays({ latencies: mine }),
    budget: 'p50 < 60 ms, p99 < 250 ms',
    ok: p50 < 60 && p99 < 250,
    note: `${(p50 / median(theirs)).toFixed(0)} times that of Maps in memory (${delays({ latencies: theirs })})`,
  };
}

async function setsRow(what: string, places: Both<Place>, count: number, instances: number): Promise<Row> {
  progress(`memory: sets, ${what}`);
  const [mine, theirs] = await inTurns(places, async (place) => {
    const urls: string[] = [];
    while (urls.length < instances) urls.push(await place.newInstance());
    const addresses = Array.from({ length: count }, (_, who) => urls[who % instances] ?? '');
    return withClients(addresses, async (clients) => {
      const asking = (client: MemoryClient, turn: number, who: number) => client.set(`own-${who}`, turn);
      await closedLoop(clients, warmUpSeconds, asking);
      return closedLoop(clients, seconds, asking);
    });
  });
  return {
    what: `memory: sets, ${what}`,
    actual: `${mine.perSecond.toFixed(0)}/s, ${delays(mine)}`,
    budget: '',
    ok: undefined,
    note: `${(mine.perSecond / theirs.perSecond).toFixed(4)} of Maps in memory (${theirs.perSecond.toFixed(0)}/s, ${delays(theirs)})`,
  };
}

/** Opening a socket, and receiving the initial state. */
async function snapshotRow(places: Both<Place>): Promise<Row> {
  progress(`memory: snapshots of ${keys} keys`);
  const [mine, theirs] = await inTurns(places, async (place) => {
    const url = await place.newInstance();
    await withClients(
      Array.from({ length: many }, () => url),
      async (clients) => {
        const parts = clients.map(async (client, who) => {
          for (let key = who; key < keys; key += many) await client.set(`key-${key}`, key);
        });
        await Promise.all(parts);
      },
    );
    const took: number[] = [];
    let bytes = 0;
    for (let join = 0; join < joins; join++) {
      const openedAt = performance.now();
      const client = await openMemoryClient(url);
      took.push(performance.now() - openedAt);
      bytes = client.snapshotBytes;
      client.close();
    }
    return { took, bytes };
  });
  return {
    what: `memory: opening a socket of ${keys.toLocaleString('en')} small keys, until all are there`,
    actual: `p50 ${median(mine.took).toFixed(0)} ms, ${(mine.bytes / 1024).toFixed(0)} KB`,
    budget: '',
    ok: undefined,
    note: `${(median(mine.took) / median(theirs.took)).toFixed(0)} times that of Maps in memory (p50 ${median(theirs.took).toFixed(1)} ms)`,
  };
}

const delays = ({ latencies }: Pick<Looped, 'latencies'>): string =>
  `p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms`;
