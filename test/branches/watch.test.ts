import { describe, expect, it } from '@jest/globals';
import { branchWorld, newBranch, update } from '../support/branches.ts';

/** Watching a branch: everything once, then what others add. */
const world = await branchWorld();

const added = (branch: object, text: string) => ({ type: 'repo/add_updates', ...branch, updates: [update(text)] });

describe('watching a branch', () => {
  it('brings exactly one initial message, even of a branch that is empty, and then the result', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    expect(alice.messages().slice(1)).toEqual([
      { type: 'repo/add_updates', ...branch, updates: [], initial: true },
      { type: 'repo/watch_branch_result', ...branch, success: true },
    ]);
  });

  it('brings everything that was ever added, in one message', async () => {
    const branch = newBranch();
    const alice = await world.anonymous();
    for (const text of ['one', 'two', 'three']) alice.say(added(branch, text));
    await world.settled();
    const bob = await world.watching(branch);
    expect(bob.messages('repo/add_updates')).toEqual([
      { type: 'repo/add_updates', ...branch, updates: expect.any(Array), initial: true },
    ]);
    expect(bob.updates().toSorted()).toEqual(['one', 'two', 'three'].map(update).toSorted());
  });

  it('brings what others add from then on, and nothing of one’s own', async () => {
    const branch = newBranch();
    const [alice, bob] = [await world.watching(branch), await world.watching(branch)];
    alice.take();
    alice.say({ ...added(branch, 'hello'), updateId: 7 });
    await world.settled();
    expect(bob.messages('repo/add_updates').at(-1)).toEqual(added(branch, 'hello'));
    expect(alice.updates()).toEqual([]);
    expect(alice.messages('repo/updates_received')).toEqual([
      { type: 'repo/updates_received', ...branch, updateId: 7 },
    ]);
  });

  it('keeps branches of one inst, and insts, apart', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    const bob = await world.watching({ ...branch, branch: 'other' });
    const carol = await world.watching({ ...branch, inst: `${branch.inst}x` });
    alice.say(added(branch, 'here'));
    await world.settled();
    expect([...bob.updates(), ...carol.updates()]).toEqual([]);
  });

  it('tells nothing any more after unwatching', async () => {
    const branch = newBranch();
    const [alice, bob] = [await world.watching(branch), await world.watching(branch)];
    bob.say({ type: 'repo/unwatch_branch', ...branch });
    await world.settled();
    alice.say(added(branch, 'secret'));
    alice.say({ type: 'repo/send_action', ...branch, action: { type: 'remote', event: 'hi', broadcast: true } });
    await world.settled();
    expect(bob.updates()).toEqual([]);
    expect(bob.messages('repo/receive_action')).toEqual([]);
  });

  it('holds whichever of unwatch and watch is processed first, when both were sent at once', async () => {
    const branch = newBranch();
    const [alice, bob] = [await world.watching(branch), await world.watching(branch)];
    for (let round = 0; round < 10; round++) {
      bob.say({ type: 'repo/unwatch_branch', ...branch });
      bob.say({ type: 'repo/watch_branch', ...branch });
      await world.settled();
      alice.say(added(branch, `round ${round}`));
      await world.settled();
      expect(bob.updates()).toContain(update(`round ${round}`));
    }
  });

  it('is over when the unwatch that was sent later is processed first', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    const bob = await world.anonymous();
    const before = world.ports.clock.now();
    world.advance(50);
    bob.say({ type: 'repo/unwatch_branch', ...branch });
    await world.settled();
    await world.lateFrame(bob, before, { type: 'repo/watch_branch', ...branch });
    alice.say(added(branch, 'not for bob'));
    await world.settled();
    expect(bob.updates()).toEqual([]);
  });

  it('brings an initial message and a result every time, though a later watch is processed first', async () => {
    const branch = newBranch();
    const bob = await world.anonymous();
    const before = world.ports.clock.now();
    world.advance(50);
    bob.say({ type: 'repo/watch_branch', ...branch });
    await world.settled();
    await world.lateFrame(bob, before, { type: 'repo/watch_branch', ...branch });
    await world.settled();
    const [initial, result] = ['repo/add_updates', 'repo/watch_branch_result'];
    expect(bob.messages().map(({ type }) => type)).toEqual(['login_result', initial, result, initial, result]);
  });

  it('can be taken up again where it was left, by who asks for places', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    const bob = await world.anonymous();
    bob.say({ type: 'repo/watch_branch', ...branch, resume: true });
    await world.settled();
    alice.say(added(branch, 'one'));
    await world.settled();
    const { epoch, sequence } = bob.messages('repo/add_updates').at(-1) ?? {};
    expect(sequence).toBe(1);
    bob.close();
    alice.say(added(branch, 'two'));
    await world.settled();
    const again = await world.anonymous();
    again.say({ type: 'repo/watch_branch', ...branch, resume: { epoch, sequence } });
    await world.settled();
    expect(again.messages('repo/add_updates')).toEqual([
      { ...added(branch, 'two'), initial: true, epoch, sequence: 2, recovered: true },
    ]);
  });

  it('starts over for who claims a place that the branch has not come to', async () => {
    const branch = newBranch();
    const alice = await world.anonymous();
    alice.say({ type: 'repo/watch_branch', ...branch, resume: true });
    alice.say(added(branch, 'one'));
    await world.settled();
    const { epoch } = alice.messages('repo/add_updates')[0] ?? {};
    const bob = await world.anonymous();
    bob.say({ type: 'repo/watch_branch', ...branch, resume: { epoch, sequence: 9 } });
    await world.settled();
    expect(bob.messages('repo/add_updates')).toEqual([
      { ...added(branch, 'one'), initial: true, epoch, sequence: 1, recovered: false },
    ]);
  });

  it('starts over for who comes with a place in another life of the branch', async () => {
    const branch = newBranch();
    const alice = await world.watching(branch);
    alice.say(added(branch, 'one'));
    await world.settled();
    const bob = await world.anonymous();
    bob.say({ type: 'repo/watch_branch', ...branch, resume: { epoch: 'long ago', sequence: 1 } });
    await world.settled();
    expect(bob.messages('repo/add_updates')).toEqual([
      { ...added(branch, 'one'), initial: true, epoch: expect.any(String), sequence: 1, recovered: false },
    ]);
  });
});

describe('updates', () => {
  it('are acknowledged only with an id, and all of them kept with the time they came', async () => {
    const branch = newBranch();
    const alice = await world.anonymous();
    const before = world.ports.clock.now();
    alice.say({ type: 'repo/add_updates', ...branch, updates: [update('a'), update('b')] });
    alice.say({ type: 'repo/add_updates', ...branch, updates: [], updateId: 3 });
    await world.settled();
    alice.say({ type: 'repo/get_updates', ...branch });
    await world.settled();
    expect(alice.messages('repo/updates_received').map((message) => message.updateId)).toEqual([3]);
    const [all] = alice.messages('repo/add_updates');
    expect(all).toEqual({
      type: 'repo/add_updates',
      ...branch,
      updates: [update('a'), update('b')],
      timestamps: [expect.any(Number), expect.any(Number)],
    });
    expect(all?.timestamps[0]).toBeGreaterThanOrEqual(before);
  });

  it('that come twice are given out once', async () => {
    const branch = newBranch();
    const alice = await world.anonymous();
    for (let time = 0; time < 3; time++) alice.say({ ...added(branch, 'again'), updateId: 1 });
    await world.settled();
    expect(alice.messages('repo/updates_received')).toHaveLength(3);
    const bob = await world.watching(branch);
    expect(bob.updates()).toEqual([update('again')]);
  });

  it('of a megabyte are kept and given out through the object store', async () => {
    const branch = newBranch();
    const [alice, bob] = [await world.watching(branch), await world.watching(branch)];
    const big = update('x'.repeat(800_000));
    alice.say({ type: 'repo/add_updates', ...branch, updates: [big], updateId: 1 });
    await world.settled();
    expect(alice.messages('repo/updates_received')).toHaveLength(1);
    expect(bob.updates()).toEqual([big]);
    const carol = await world.watching(branch);
    expect(carol.updates()).toEqual([big]);
  });
});
