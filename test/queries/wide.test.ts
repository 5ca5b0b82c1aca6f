import { expect, it } from '@jest/globals';
import { directRecipients } from '../../functions/core/channel/channel.ts';
import { liveQuery } from '../support/live-queries.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({
  buckets: {
    notes: { key: 'id', schema: { id: { type: 'string' }, text: { type: 'string' } } },
    counters: { key: 'name', schema: { name: { type: 'string' }, value: { type: 'number', default: 0 } } },
  },
  queries: {
    notes: (ctx) => ctx.bucket('notes').all(),
    value: async (ctx) => (await ctx.bucket('counters').get('one'))?.value ?? null,
  },
});
const writer = await world.connect();
const set = (value: number) => writer.get('store.update', { bucket: 'counters', key: 'one', data: { value } });

it('more subscribers than one handler posts to are all told, in order, whoever comes and goes', async () => {
  await writer.get('store.insert', { bucket: 'counters', data: { name: 'one' } });
  const clients = await Promise.all(Array.from({ length: directRecipients + 5 }, () => world.connect()));
  const queries = await Promise.all(clients.map((client) => liveQuery(client, 'value')));
  for (const value of [1, 2, 3]) await set(value);
  const late = await liveQuery(await world.connect(), 'value');
  await set(4);
  for (const client of clients.slice(0, 10)) client.socket.vanish();
  await set(5);
  await world.settled();
  expect([late.data, ...late.pushes()]).toEqual([3, 4, 5]);
  for (const { data, pushes } of queries.slice(10)) {
    expect(data).toBe(0);
    expect(pushes()).toEqual([1, 2, 3, 4, 5]);
  }
  expect(world.errors).toEqual([]);
});

it('they are told all that fits a message, and where it does not, that it does not', async () => {
  const clients = await Promise.all(Array.from({ length: directRecipients + 1 }, () => world.connect()));
  const queries = await Promise.all(clients.map((client) => liveQuery(client, 'notes')));
  // JSON in JSON in JSON: each is two, then four.
  const quotes = '"'.repeat(65_000);
  const insert = (id: string) => writer.get('store.insert', { bucket: 'notes', data: { id, text: quotes } });
  const record = await insert('1');
  await insert('2');
  await insert('3');
  await world.settled();
  for (const { pushes, notices } of queries) {
    expect(pushes()).toEqual([[record]]);
    expect(notices().map(({ event }) => event)).toEqual(['result_too_large']);
  }
  expect(world.errors).toEqual([]);
});
