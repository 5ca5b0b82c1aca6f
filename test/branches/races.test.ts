import { describe, expect, it } from '@jest/globals';
import { branchWorld, newBranch, update } from '../support/branches.ts';

/** Everything at once: nothing acknowledged is missing from what later watchers get, nobody stays behind. */
const world = await branchWorld();

const added = (branch: object, text: string, updateId: number) => ({
  type: 'repo/add_updates',
  ...branch,
  updates: [update(text)],
  updateId,
});

describe('at once', () => {
  it('those who come while updates are written get all of them, by one way or the other', async () => {
    for (let round = 0; round < 8; round++) {
      const branch = newBranch();
      const alice = await world.watching(branch);
      const others = await Promise.all(Array.from({ length: 5 }, () => world.anonymous()));
      const texts = Array.from({ length: 20 }, (_, n) => `${round}.${n}`);
      texts.forEach((text, n) => {
        alice.say(added(branch, text, n));
        if (n % 4 === 0) others[n / 4]?.say({ type: 'repo/watch_branch', ...branch });
      });
      await world.settled();
      expect(alice.messages('repo/updates_received')).toHaveLength(20);
      for (const other of others) {
        expect(other.messages('repo/add_updates').filter(({ initial }) => initial)).toHaveLength(1);
        expect([...new Set(other.updates())].toSorted()).toEqual(texts.map(update).toSorted());
      }
    }
  });

  it('twenty make the same public inst and branch, and all of their updates are in it', async () => {
    const branch = newBranch();
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.anonymous()));
    for (const [n, client] of clients.entries()) client.say(added(branch, String(n), n));
    await world.settled();
    for (const client of clients) expect(client.messages('repo/updates_received')).toHaveLength(1);
    const late = await world.watching(branch);
    expect(late.updates()).toHaveLength(20);
  });

  it('of many who watch and leave, those who stay are who is counted', async () => {
    const branch = newBranch();
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.anonymous()));
    for (const client of clients) client.say({ type: 'repo/watch_branch', ...branch });
    for (const [n, client] of clients.entries()) if (n % 2 === 1) client.close();
    await world.settled();
    clients[0]?.say({ type: 'repo/connection_count', ...branch });
    await world.settled();
    expect(clients[0]?.messages('repo/connection_count')[0]?.count).toBe(5);
  });
});
