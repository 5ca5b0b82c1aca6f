import { describe, expect, it } from '@jest/globals';
import { branchWorld, newBranch, update } from '../support/branches.ts';

/** Temporary branches live until their last watcher has left. */
const world = await branchWorld();

const added = (branch: object, text: string) => ({ type: 'repo/add_updates', ...branch, updates: [update(text)] });

describe('a temporary branch', () => {
  it('is shared by who watches it', async () => {
    const branch = { ...newBranch(), temporary: true };
    const [a, b] = [await world.watching(branch), await world.watching(branch)];
    a.say(added(branch, 'hi'));
    await world.settled();
    expect(b.updates()).toEqual([update('hi')]);
    const c = await world.watching(branch);
    expect(c.updates()).toEqual([update('hi')]);
  });

  it.each(['closed', 'unwatched', 'vanished'])('is gone when its last watcher has %s', async (how) => {
    const plain = newBranch();
    const branch = { ...plain, temporary: true };
    const [a, b] = [await world.watching(branch), await world.watching(branch)];
    a.say(added(branch, 'hi'));
    await world.settled();
    for (const one of [a, b]) {
      if (how === 'closed') one.close();
      else if (how === 'unwatched') one.say({ type: 'repo/unwatch_branch', ...plain });
      else one.vanish();
    }
    await world.settled();
    if (how === 'vanished') {
      const c = await world.watching(branch);
      c.say({ type: 'repo/send_action', ...plain, action: { type: 'remote', event: 1, broadcast: true } });
      await world.settled();
      c.close();
      await world.settled();
    }
    const later = await world.watching(branch);
    expect(later.updates()).toEqual([]);
    later.close();
    await world.settled();
    const channel = `temporary:${JSON.stringify([plain.recordName, plain.inst, plain.branch])}`;
    const rows = await world.ports.table.query({ pk: `LOG#000000000#${channel}` });
    expect(rows.filter(({ ttl }) => ttl === undefined)).toEqual([]);
    expect(await world.ports.table.query({ pk: `HEAD#${channel}` })).toEqual([]);
  });

  it('is a space of its own beside the permanent branch of that name', async () => {
    const plain = newBranch();
    const a = await world.watching(plain);
    a.say(added(plain, 'for good'));
    await world.settled();
    const b = await world.watching({ ...plain, temporary: true });
    expect(b.updates()).toEqual([]);
    b.say(added(plain, 'for now'));
    await world.settled();
    expect(a.updates()).toEqual([]);
    b.close();
    await world.settled();
    const c = await world.watching(plain);
    expect(c.updates()).toEqual([update('for good')]);
  });

  it('lives on for somebody who comes while the last one leaves', async () => {
    for (let round = 0; round < 20; round++) {
      const branch = { ...newBranch(), temporary: true };
      const a = await world.watching(branch);
      a.say(added(branch, 'before'));
      await world.settled();
      const b = await world.anonymous();
      b.say({ type: 'repo/watch_branch', ...branch });
      a.close();
      await world.settled();
      b.say(added(branch, 'after'));
      await world.settled();
      const c = await world.watching(branch);
      // Whether `before` is still there is for the race to decide; both who watch have to agree about it.
      const hadBefore = b.updates().includes(update('before'));
      expect(c.updates().toSorted()).toEqual([...(hadBefore ? ['before'] : []), 'after'].map(update).toSorted());
    }
  });

  it('starts over after a day', async () => {
    const fresh = await branchWorld();
    const branch = { ...newBranch(), temporary: true };
    const a = await fresh.watching(branch);
    a.say(added(branch, 'old'));
    await fresh.settled();
    fresh.advance(2 * 3_600_000);
    const b = await fresh.watching(branch);
    expect(b.updates()).toEqual([update('old')]);
    fresh.advance(23 * 3_600_000);
    const c = await fresh.watching(branch);
    expect(c.updates()).toEqual([]);
  });
});
