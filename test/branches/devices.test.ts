import { describe, expect, it } from '@jest/globals';
import { branchWorld, type Message, newBranch, update } from '../support/branches.ts';

/** Who comes and goes, and how many there are. */
const world = await branchWorld();

const info = (connectionId: string) => ({ connectionId, sessionId: null, userId: null });
const notices = (heard: readonly Message[]) => heard.filter(({ type }) => type.endsWith('_branch'));

async function observer(branch: object) {
  const client = await world.anonymous('observer');
  client.say({ type: 'repo/watch_branch_devices', ...branch });
  await world.settled();
  return client;
}

describe('whoever watches the devices of a branch', () => {
  it('hears of everybody who watches now, then of who comes and goes', async () => {
    const branch = newBranch();
    await world.watching(branch, 'a');
    const client = await observer(branch);
    const b = await world.watching(branch, 'b');
    b.say({ type: 'repo/unwatch_branch', ...branch });
    await world.settled();
    const watch = { type: 'repo/watch_branch', ...branch, temporary: false };
    expect(notices(client.messages())).toEqual([
      { type: 'repo/connected_to_branch', broadcast: false, branch: watch, connection: info('a') },
      { type: 'repo/connected_to_branch', broadcast: false, branch: watch, connection: info('b') },
      { type: 'repo/disconnected_from_branch', broadcast: false, ...branch, connection: info('b') },
    ]);
  });

  it.each(['closes', 'vanishes'])('hears once of a socket that %s', async (how) => {
    const branch = newBranch();
    const client = await observer(branch);
    const [a, b] = [await world.watching(branch, 'a'), await world.watching(branch, 'b')];
    if (how === 'closes') a.close();
    else a.vanish();
    await world.settled();
    b.say({ type: 'repo/add_updates', ...branch, updates: [update('x')] });
    await world.settled();
    expect(client.messages('repo/disconnected_from_branch').map(({ connection }) => connection)).toEqual([info('a')]);
  });

  it('is not watching: is not counted, and gets no updates', async () => {
    const branch = newBranch();
    const client = await observer(branch);
    const a = await world.watching(branch, 'a');
    a.say({ type: 'repo/add_updates', ...branch, updates: [update('x')] });
    a.say({ type: 'repo/connection_count', ...branch });
    await world.settled();
    expect(client.updates()).toEqual([]);
    expect(a.messages('repo/connection_count')).toEqual([{ type: 'repo/connection_count', ...branch, count: 1 }]);
  });

  it('hears nothing any more after unwatching', async () => {
    const branch = newBranch();
    const client = await observer(branch);
    client.say({ type: 'repo/unwatch_branch_devices', ...branch });
    await world.settled();
    await world.watching(branch, 'a');
    expect(notices(client.messages())).toEqual([]);
  });

  it.each([
    ['comes back in one breath', ['unwatch', 'watch'], 'connected'],
    ['comes and leaves in one breath', ['watch', 'unwatch'], 'disconnected'],
  ])('hears last how it is of somebody who %s', async (_, asked, end) => {
    for (let round = 0; round < 25; round++) {
      const branch = newBranch();
      const client = await observer(branch);
      const a = await (asked[0] === 'watch' ? world.anonymous('a') : world.watching(branch, 'a'));
      for (const what of asked) {
        a.say({ type: `repo/${what}_branch`, ...branch });
        world.advance(1);
      }
      await world.settled();
      expect(notices(client.messages()).at(-1)?.type ?? `repo/${end}_branch`).toMatch(`repo/${end}_`);
    }
  });

  it('hears last that somebody is there who has come back before their old socket was given up', async () => {
    const branch = newBranch();
    const old = await world.watching(branch, 'a');
    const client = await observer(branch);
    await world.watching(branch, 'a');
    old.close();
    await world.settled();
    const types = notices(client.messages()).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['repo/disconnected_from_branch', 'repo/connected_to_branch']);
  });

  it('hears of a new name as of one who leaves and one who comes', async () => {
    const branch = newBranch();
    const a = await world.watching(branch, 'a');
    const client = await observer(branch);
    for (const connectionId of ['a', 'b']) {
      a.say({ type: 'login', connectionId });
      await world.settled();
    }
    expect(notices(client.messages()).map(({ type, connection }) => [type, connection])).toEqual([
      ['repo/connected_to_branch', info('a')],
      ['repo/disconnected_from_branch', info('a')],
      ['repo/connected_to_branch', info('b')],
    ]);
  });
});

describe('counting', () => {
  it('watchers of a branch, each once', async () => {
    const branch = newBranch();
    const [a] = [await world.watching(branch), await world.watching(branch), await world.watching(newBranch())];
    a.say({ type: 'repo/watch_branch', ...branch });
    await world.settled();
    a.say({ type: 'repo/connection_count', ...branch });
    await world.settled();
    expect(a.messages('repo/connection_count').map(({ count }) => count)).toEqual([2]);
  });

  it('all connections that have logged in, without a branch', async () => {
    const fresh = await branchWorld();
    const clients = await Promise.all([1, 2, 3].map(() => fresh.anonymous()));
    await fresh.connect({ path: '/websocket' });
    clients[2]?.close();
    await fresh.settled();
    clients[0]?.say({ type: 'repo/connection_count', recordName: null, inst: 'any', branch: null });
    await fresh.settled();
    expect(clients[0]?.messages('repo/connection_count')).toEqual([
      { type: 'repo/connection_count', recordName: null, inst: 'any', branch: null, count: 2 },
    ]);
  });
});
