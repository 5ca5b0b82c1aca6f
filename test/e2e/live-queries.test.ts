import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isSameJson } from '../../functions/core/canonical.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { eventually } from '../support/eventually.ts';
import type { NoexFrame } from '../support/noex.ts';
import { type NoexPeer, noexPeer } from '../support/noex-peer.ts';
import { newDataDir, npmStart, type Running } from '../support/npm-start.ts';
import { seeds } from '../support/seeds.ts';
import { type Ask, asks, change, expected, first, type Shop, shopBuckets } from '../support/shop-oracle.ts';
import { signInAt } from '../support/sign-in-at.ts';

/**
 * A hundred live queries while the server is restarted in every way there is, in the middle of transactions. Those who watch
 * come back and subscribe anew. `SEEDS=10 npm test -- live-queries` makes ten longer runs, `SEEDS=7-7` that one again.
 */

const watchers = 10;
const queriesEach = 10;
const writers = 4;
const transactionsEach = process.env.SEEDS === undefined ? 3 : 10;
/** What a view may lag behind the last answer, restarts and deaths included, ms. */
const patienceMs = 40_000;

let running: Running | undefined;
const peers: NoexPeer<Ask['params']>[] = [];
let present = new AbortController();
const leave = async () => {
  present.abort();
  for (const peer of peers.splice(0)) peer.close();
  await running?.kill();
};
afterEach(leave, 30_000);

describe('live queries over restarts of the server', () => {
  it.each(seeds(1))(
    'show what is there in the end, and nothing that was acknowledged is missing (seed %i)',
    async (seed) => {
      const any = arbitrary(seed);
      present = new AbortController();
      const { signal } = present;
      const data = `--data=${newDataDir()}`;
      running = await npmStart('--port=0', data);
      const { url } = running;
      const port = `--port=${new URL(url).port}`;
      const token = await signInAt(url, 'ada@example.com');
      const join = (watch: readonly Ask[] = []) => {
        const peer = noexPeer({ url: `${url.replace('http', 'ws')}/`, token, watch });
        peers.push(peer);
        return peer;
      };
      const writing = Array.from({ length: writers }, () => join());
      const [reader = join()] = writing;
      expect((await reader.ask('store.transaction', { operations: first }))?.type).toBe('result');
      const watching = Array.from({ length: watchers }, () => join(asks(any, queriesEach)));

      const acknowledged: string[] = [];
      /** Transactions side by side, of each writer one after the other, and in their middle something else. */
      const batch = async (name: string, meanwhile: () => Promise<unknown>) => {
        let asked = 0;
        const write = async (peer: NoexPeer<unknown>, who: number) => {
          for (let count = 0; count < transactionsEach; count += 1) {
            const id = `${name}-${who}-${count}`;
            const answer = await peer.ask('store.transaction', { operations: change(any, id) });
            asked += 1;
            if (answer?.type === 'result') acknowledged.push(id);
            else if (answer && !isBusy(answer)) throw new Error(`${id}: ${JSON.stringify(answer)}`);
          }
        };
        const written = Promise.all(writing.map(write));
        written.catch(() => {}); // it is awaited below
        await eventually(
          () => asked,
          (count) => count >= (writers * transactionsEach) / 2,
        );
        await meanwhile();
        await written;
      };
      const restart = async (end: (running: Running) => Promise<unknown>, ...flags: string[]) => {
        if (running) await end(running);
        signal.throwIfAborted();
        running = await npmStart(port, data, ...flags);
        if (signal.aborted) await leave();
      };
      await batch('calm', () => restart((server) => server.stop()));
      await batch('graceful', () => restart((server) => server.kill(), `--chaos=${seed}`));
      await batch('chaos', () => restart((server) => server.kill(), `--chaos=${seed + 1}`));
      await batch('killed', async () => any.oneOf(watching).comeBack());

      const shop = await everything(reader);
      const names = shop.claims.map(({ id }) => id);
      expect(shop.logs.map(({ id }) => id).sort()).toEqual(names.toSorted());
      expect(acknowledged.filter((name) => !names.includes(name))).toEqual([]);
      const views = watching.flatMap(({ watched }) => watched).map((one) => ({ ...one, wanted: expected(one, shop) }));
      const wrong = () => views.filter(({ shown, wanted }) => !isSameJson(shown.at(-1), wanted));
      await Promise.race([
        eventually(wrong, ({ length }) => length === 0),
        delay(patienceMs, undefined, { ref: false }),
      ]);
      for (const { query, params, shown, wanted, late } of views) {
        expect({ query, params, view: shown.at(-1), late }).toEqual({ query, params, view: wanted, late: [] });
        if (query === 'counter') expect(shown).toEqual(shown.toSorted((one, other) => one._version - other._version));
      }
    },
    600_000,
  );
});

/** Somebody else was in the way all the time: nothing has happened. */
const isBusy = ({ code }: NoexFrame): boolean => code === 'CONFLICT' || code === 'BACKPRESSURE';

async function everything(reader: NoexPeer): Promise<Shop> {
  const all = async (bucket: string) => {
    const answer = await eventually(
      () => reader.ask('store.all', { bucket }),
      (heard) => heard !== undefined,
    );
    return [bucket, answer?.data] as const;
  };
  return Object.fromEntries(await Promise.all(shopBuckets.map(all))) as unknown as Shop;
}
