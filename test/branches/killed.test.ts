import { describe, expect, it } from '@jest/globals';
import { branchWorld, newBranch, update } from '../support/branches.ts';

/** Handlers die between any two of their I/Os. Frames of this protocol do not come again by themselves: clients repeat. */
const world = await branchWorld();
const everyIo = Array.from({ length: 14 }, (_, n) => n);

const added = (branch: object, text: string) => ({
  type: 'repo/add_updates',
  ...branch,
  updates: [update(text)],
  updateId: 1,
});

async function killedAfter(ios: number, act: () => void) {
  world.killNextAfter(ios);
  act();
  await world.settled();
  world.killNextAfter(Number.POSITIVE_INFINITY);
}

describe.each(everyIo)('killed before I/O %i', (ios) => {
  it('an update that was acknowledged is kept, and one that comes again is given out once', async () => {
    const branch = newBranch();
    const [alice, bob] = [await world.watching(branch), await world.watching(branch)];
    await killedAfter(ios, () => alice.say(added(branch, 'one')));
    const acknowledged = alice.messages('repo/updates_received').length > 0;
    const early = await world.watching(branch);
    if (acknowledged) expect(early.updates()).toEqual([update('one')]);
    alice.say(added(branch, 'one'));
    alice.say(added(branch, 'two'));
    await world.settled();
    const late = await world.watching(branch);
    expect(late.updates().toSorted()).toEqual(['one', 'two'].map(update).toSorted());
    expect([...new Set(bob.updates())].toSorted()).toEqual(['one', 'two'].map(update).toSorted());
  });

  it('a watch that comes again brings everything', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    alice.say(added(branch, 'one'));
    await world.settled();
    const bob = await world.anonymous();
    await killedAfter(ios, () => bob.say({ type: 'repo/watch_branch', ...branch }));
    bob.say({ type: 'repo/watch_branch', ...branch });
    await world.settled();
    alice.say(added(branch, 'two'));
    await world.settled();
    expect(bob.messages('repo/watch_branch_result').at(-1)).toMatchObject({ success: true });
    expect([...new Set(bob.updates())]).toEqual(['one', 'two'].map(update));
  });

  it('a disconnect is heard of, and no row is left', async () => {
    const branch = newBranch();
    const alice = await world.anonymous();
    alice.say({ type: 'repo/watch_branch_devices', ...branch });
    await world.settled();
    const bob = await world.watching(branch, 'bob');
    await killedAfter(ios, () => bob.close());
    const left = alice.messages('repo/disconnected_from_branch').map(({ connection }) => connection.connectionId);
    expect([...new Set(left)]).toEqual(['bob']);
    expect(await world.ports.connections.query({ pk: `CONN#${bob.id}` })).toEqual([]);
    const channel = `branch:${JSON.stringify([branch.recordName, branch.inst, branch.branch])}`;
    expect(await world.ports.connections.query({ pk: `MEMBER#${channel}` })).toEqual([]);
  });
});
