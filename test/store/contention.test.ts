import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: {
    counters: { key: 'name', schema: { name: { type: 'string' }, value: { type: 'number', default: 0 } } },
    claims: { key: 'id', schema: { id: { type: 'string' }, seat: { type: 'number', unique: true } } },
    recent: { key: 'id', schema: { id: { type: 'string', generated: 'uuid' } }, maxSize: 5 },
  },
});
const times = 20;
const clients = await Promise.all(Array.from({ length: times }, () => world.connect()));
const [client] = clients as [(typeof clients)[number]]; // there are twenty
afterEach(() => expect(world.errors).toEqual([]));

/** All of them at once, each so many times, one after the other. */
const all = (act: (one: (typeof clients)[number], who: number, round: number) => Promise<unknown>) =>
  Promise.all(
    clients.map(async (one, who) => {
      for (let round = 0; round < times; round++) await act(one, who, round);
    }),
  );
const counter = (name: string) => client.get('store.get', { bucket: 'counters', key: name });
const begin = (name: string) => client.get('store.insert', { bucket: 'counters', data: { name } });

describe('twenty clients, twenty times each', () => {
  it('change different fields of one record: no change is lost, none is refused', async () => {
    await begin('fields');
    await all((one, who, round) =>
      one.get('store.update', { bucket: 'counters', key: 'fields', data: { [`f${who}`]: round } }),
    );
    const { _version, ...fields } = await counter('fields');
    expect(_version).toBe(1 + times * times);
    for (let who = 0; who < times; who++) expect(fields[`f${who}`]).toBe(times - 1);
  });

  it('add one to a number, by its version: it counts them all', async () => {
    await begin('sum');
    await all(async (one) => {
      for (;;) {
        const since = performance.now();
        const { value, _version: expectedVersion } = await one.get('store.get', { bucket: 'counters', key: 'sum' });
        const data = { value: value + 1 };
        const answer = await one.ask('store.update', { bucket: 'counters', key: 'sum', data, expectedVersion });
        if (answer.type === 'result') return;
        expect(answer.code).toBe('CONFLICT');
        // Twenty who try again at once keep each other from it, the more the longer an attempt takes.
        await delay(Math.random() * 10 * (performance.now() - since));
      }
    });
    expect(await counter('sum')).toMatchObject({ value: times * times, _version: 1 + times * times });
  });

  it('want one key, and one value: one of them gets each', async () => {
    const won: string[] = [];
    await all(async (one, who, round) => {
      const id = who % 2 === 0 ? `key ${round}` : `${who}: ${round}`;
      const answer = await one.ask('store.insert', { bucket: 'claims', data: { id, seat: round } });
      if (answer.type === 'result') won.push(`${round}`);
      else expect(answer.code).toBe('ALREADY_EXISTS');
    });
    expect(won.sort()).toEqual(Array.from({ length: times }, (_, round) => `${round}`).sort());
    expect(await client.get('store.count', { bucket: 'claims' })).toBe(times);
  });

  it('fill a bounded bucket: it never holds more than it may', async () => {
    await all(async (one, _, round) => {
      if (round % 4 === 0) await one.get('store.insert', { bucket: 'recent', data: {} });
      else expect(await one.get('store.count', { bucket: 'recent' })).toBeLessThanOrEqual(5);
    });
    expect(await client.get('store.count', { bucket: 'recent' })).toBe(5);
  });
});
