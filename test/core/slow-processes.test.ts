import { beforeEach, describe, expect, it } from '@jest/globals';
import { branchChannel } from '../../functions/branches/channel.ts';
import { branded } from '../../functions/core/branded.ts';
import { compact } from '../../functions/core/channel/compaction.ts';
import { startOver, write } from '../../functions/core/channel/document.ts';
import { entriesOf, readKept } from '../../functions/core/channel/kept.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { sweepLog } from '../../functions/core/channel/sweep.ts';
import { blockOf } from '../../functions/core/keys.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { held } from '../support/held-ports.ts';
import { makeWorld, type World } from '../support/world.ts';

/** Processes that rest in the middle of something for longer than anybody waits for them, and then go on. */

const channel: ChannelName = 'branch:one';
const minute = 60_000;
let world: World;
let ports: Ports;
beforeEach(async () => {
  world = await makeWorld();
  let count = 0;
  const uuid = () => `${(++count).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  ports = { ...world.ports, ids: { ...world.ports.ids, uuid } };
});

const add = (text: string, as: Ports = ports, of = 'inst') =>
  write(as, branchChannel, channel, {
    of,
    from: branded<ConnectionId>('writer'),
    request: text,
    body: JSON.stringify([text]),
    mostBytes: undefined,
    note: async () => true,
  });

async function read(as: Ports = ports): Promise<string[]> {
  const head = await readHead(as, channel);
  return head ? entriesOf(await readKept(as, channel, head)).flatMap(({ body }) => JSON.parse(body)) : [];
}

const merge = (bodies: readonly string[]) => JSON.stringify(bodies.flatMap((body) => JSON.parse(body)));

/** Without seals, which go by themselves. */
async function lastingRows() {
  return (await ports.table.query({ pk: blockOf(channel, 1) })).filter(({ ttl }) => ttl === undefined);
}

/** Everything goes, as if it had never been, and another one's document begins. */
async function makeAnew(...texts: string[]): Promise<void> {
  const head = await readHead(ports, channel);
  if (head) await startOver(ports, channel, head, 'gone');
  await sweepLog(ports, channel);
  expect(await readHead(ports, channel)).toBeUndefined();
  for (const text of texts) await add(text, ports, 'a later inst');
}

describe('whoever is slow', () => {
  it('in writing has written when it says so, though its number was given up and what came before was compacted', async () => {
    await add('one');
    const slow = held(ports, { call: 'put', on: 'LOG#' });
    const writing = add('slow', slow.ports);
    await slow.rests;
    await add('two');
    world.clock.advance(minute);
    expect(await read()).toEqual(['one', 'two']);
    expect(await compact(ports, channel, merge)).toBe('compacted');
    slow.goOn();
    expect(await writing).toMatchObject({ kind: 'written' });
    expect(await read()).toEqual(['one', 'two', 'slow']);
  });

  it('in writing while the document is emptied writes into what it is then', async () => {
    await add('one');
    const slow = held(ports, { call: 'put', on: 'LOG#' });
    const writing = add('slow', slow.ports);
    await slow.rests;
    const head = await readHead(ports, channel);
    if (head) await startOver(ports, channel, head, 'inst');
    await sweepLog(ports, channel);
    slow.goOn();
    expect(await writing).toMatchObject({ kind: 'written' });
    expect(await read()).toEqual(['slow']);
    expect(await lastingRows()).toHaveLength(1);
  });

  it.each(['query', 'delete'] as const)(
    'in sweeping deletes no entry of a document that was made anew meanwhile (%s)',
    async (call) => {
      for (const text of ['one', 'two', 'three']) await add(text);
      const head = await readHead(ports, channel);
      if (head) await startOver(ports, channel, head, 'gone');
      const slow = held(ports, { call, on: 'LOG#' });
      const sweeping = sweepLog(slow.ports, channel);
      await slow.rests;
      await makeAnew('four', 'five', 'six');
      slow.goOn();
      await sweeping;
      expect(await read()).toEqual(['four', 'five', 'six']);
      await compact(ports, channel, merge);
      expect(await read()).toEqual(['four', 'five', 'six']);
      expect(await lastingRows()).toEqual([]);
    },
  );

  it('in sweeping drops no snapshot of a document that was made anew meanwhile', async () => {
    await add('one');
    const head = await readHead(ports, channel);
    if (head) await startOver(ports, channel, head, 'gone');
    const slow = held(ports, { call: 'query', on: 'SNAP#' });
    const sweeping = sweepLog(slow.ports, channel);
    await slow.rests;
    await makeAnew('two', 'three');
    await compact(ports, channel, merge);
    slow.goOn();
    await sweeping;
    expect(await read()).toEqual(['two', 'three']);
  });

  it('in reading finds nothing where nothing is left, and is no error', async () => {
    for (const text of ['one', 'two']) await add(text);
    const slow = held(ports, { call: 'query', on: 'LOG#' });
    const reading = read(slow.ports);
    await slow.rests;
    await makeAnew();
    slow.goOn();
    expect(await reading).toEqual([]);
  });

  it('in closing a number does not take its entry for missing that was compacted meanwhile', async () => {
    await add('one');
    const late = held(ports, { call: 'put', on: 'LOG#' });
    const writing = add('late', late.ports);
    await late.rests;
    world.clock.advance(minute);
    const slow = held(ports, { call: 'transact', on: 'LOG#' });
    const head = await readHead(ports, channel);
    if (!head) throw new Error('there is a document');
    const reading = readKept(slow.ports, channel, head);
    await slow.rests;
    late.goOn();
    await writing;
    await compact(ports, channel, merge);
    slow.goOn();
    expect((await reading).reached).toBe(1);
  });
});
