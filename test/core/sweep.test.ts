import { describe, expect, it } from '@jest/globals';
import { branchChannel } from '../../functions/branches/channel.ts';
import { branded } from '../../functions/core/branded.ts';
import { startOver, write } from '../../functions/core/channel/document.ts';
import { readKept } from '../../functions/core/channel/kept.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { sweepLog } from '../../functions/core/channel/sweep.ts';
import { blockOf, keys } from '../../functions/core/keys.ts';
import type { ChannelName, ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { livePorts } from '../support/live-ports.ts';
import { rememberingBlobs, rememberingFanOut } from '../support/remembering-ports.ts';

/** Several who sweep the log of a document at once, some of them slow, while it is made anew. */
const { ports: live } = await livePorts();
const ports: Ports = Object.create(live, {
  blobs: { value: rememberingBlobs() },
  fanOut: { value: rememberingFanOut() },
});
let count = 0;

async function put(channel: ChannelName, of: string, body: string): Promise<void> {
  const from = branded<ConnectionId>('c');
  const writing = { of, from, request: 'r', body, mostBytes: undefined, note: async () => true };
  expect(await write(ports, branchChannel, channel, writing)).toMatchObject({ kind: 'written' });
}

/** A document of a few entries that has just been emptied. */
async function emptied(): Promise<ChannelName> {
  const channel: ChannelName = `branch:["r","i","${++count}"]`;
  for (const body of ['["one"]', '["two"]', '["three"]']) await put(channel, 'before', body);
  const head = await readHead(ports, channel);
  expect(head && (await startOver(ports, channel, head, 'nobody'))).toBeDefined();
  return channel;
}

/** Without seals, which go by themselves: who sweeps cannot tell what was never there from what another has just swept. */
async function rowsOf(channel: ChannelName): Promise<number> {
  return (await ports.table.query({ pk: blockOf(channel, 1) })).filter(({ ttl }) => ttl === undefined).length;
}

/** A process in which something happens right before the first such call of the table, or right after it. */
function slow(name: 'query' | 'delete' | 'update', happens: () => Promise<unknown>, when: 'before' | 'after'): Ports {
  let first = true;
  const table = new Proxy(ports.table, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (property !== name || typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const isFirst = first;
        first = false;
        if (isFirst && when === 'before') await happens();
        const answer: unknown = await value.apply(target, args);
        if (isFirst && when === 'after') await happens();
        return answer;
      };
    },
  });
  return Object.create(ports, { table: { value: table } });
}

describe('sweeping what a document was', () => {
  it('leaves neither rows nor a head', async () => {
    const channel = await emptied();
    await sweepLog(ports, channel);
    expect([await rowsOf(channel), await ports.table.get(keys.head(channel))]).toEqual([0, undefined]);
  });

  it.each(['query', 'delete', 'update'] as const)(
    'leaves nothing behind another who is done before its first %s',
    async (name) => {
      const channel = await emptied();
      await sweepLog(
        slow(name, () => sweepLog(ports, channel), 'before'),
        channel,
      );
      expect([await rowsOf(channel), await ports.table.get(keys.head(channel))]).toEqual([0, undefined]);
    },
  );

  it.each([
    ['query', 'before'],
    ['query', 'after'],
    ['delete', 'before'],
    ['update', 'before'],
  ] as const)(
    'takes nothing of what was written since, where all that happens at its first %s (%s it)',
    async (name, when) => {
      const channel = await emptied();
      const others = async () => {
        await sweepLog(ports, channel);
        await put(channel, 'after', '["new"]');
        await put(channel, 'after', '["newer"]');
      };
      await sweepLog(slow(name, others, when), channel);
      const head = await readHead(ports, channel);
      const kept = head && (await readKept(ports, channel, head));
      expect(kept?.entries.map(({ body }) => body)).toEqual(['["new"]', '["newer"]']);
      expect(head).toMatchObject({ of: 'after', start: 0, swept: 0 });
    },
  );
});
