import { describe, expect, it } from '@jest/globals';
import * as encoding from 'lib0/encoding';
import { branchWorld, newBranch } from '../support/branches.ts';
import { yjsPeers } from '../support/yjs.ts';

/** Awareness: who is there, and where their cursor is. */
const world = await branchWorld();
const { connect, settled } = yjsPeers(world);

const states = (...shown: [client: number, clock: number, state: string][]) =>
  encoding.encode((to) => {
    encoding.writeVarUint(to, shown.length);
    for (const [client, clock, state] of shown) {
      encoding.writeVarUint(to, client);
      encoding.writeVarUint(to, clock);
      encoding.writeVarString(to, state);
    }
  });

describe('what people show', () => {
  it('is seen by everybody, newcomers included, and never by documents', async () => {
    const branch = newBranch();
    const ann = await connect(branch, { name: 'Ann' });
    const bob = await connect(branch, { name: 'Bob' });
    expect([ann.others(), bob.others()]).toEqual([['Bob'], ['Ann']]);
    ann.awareness.setLocalState({ name: 'Ann!' });
    await settled();
    expect(bob.others()).toEqual(['Ann!']);
    const carol = await connect(branch, { name: 'Carol' });
    expect(carol.others()).toEqual(['Ann!', 'Bob']);
    expect(ann.others()).toEqual(['Bob', 'Carol']);
    const watcher = await world.watching(branch);
    expect(watcher.messages('repo/add_updates')).toEqual([expect.objectContaining({ updates: [] })]);
  });

  it('goes with them, however they go', async () => {
    const branch = newBranch();
    const [ann, bob, carol, dave] = [
      await connect(branch, { name: 'Ann' }),
      await connect(branch, { name: 'Bob' }),
      await connect(branch, { name: 'Carol' }),
      await connect(branch, { name: 'Dave' }),
    ];
    bob.client.close();
    await settled();
    expect(ann.others()).toEqual(['Carol', 'Dave']);
    carol.client.vanish();
    ann.doc.getText('text').insert(0, 'whoever posts to Carol finds out');
    await settled();
    expect(ann.others()).toEqual(['Dave']);
    dave.awareness.setLocalState(null);
    await settled();
    expect(ann.others()).toEqual([]);
    expect((await connect(branch)).others()).toEqual(['Ann']);
  });

  it('is asked for at any time', async () => {
    const branch = newBranch();
    await connect(branch, { name: 'Ann' });
    const bob = await connect(branch);
    const before = bob.messages().length;
    bob.say({ kind: 'query' });
    await settled();
    expect(bob.messages().slice(before)).toEqual([{ kind: 'awareness', states: expect.any(Uint8Array) }]);
  });

  it('ends at its newest, however much of it comes at once', async () => {
    const branch = newBranch();
    const peers = await Promise.all(['Ann', 'Bob', 'Carol'].map((name) => connect(branch, { name })));
    for (let n = 0; n < 20; n++) for (const peer of peers) peer.awareness.setLocalState({ name: `${n}` });
    await settled();
    for (const peer of peers) expect(peer.others()).toEqual(['19', '19']);
  });

  it('comes back with who comes back, whether the old socket is gone by then or not', async () => {
    for (const isLate of [false, true]) {
      const branch = newBranch();
      const ann = await connect(branch, { name: 'Ann' });
      const bob = await connect(branch, { name: 'Bob' });
      if (!isLate) bob.client.close();
      await settled();
      const again = await connect(branch, { doc: bob.doc });
      again.awareness.meta.set(again.doc.clientID, { clock: 5, lastUpdated: 0 });
      again.awareness.setLocalState({ name: 'Bob' });
      await settled();
      bob.client.close();
      await settled();
      expect(ann.others()).toEqual(['Bob']);
    }
  });
});

describe('awareness of others, said again', () => {
  it('is nobody’s news, and takes nobody away', async () => {
    const branch = newBranch();
    const ann = await connect(branch, { name: 'Ann' });
    const bob = await connect(branch, { name: 'Bob' });
    const carol = await connect(branch, { name: 'Carol' });
    const { clock = 0 } = ann.awareness.meta.get(ann.doc.clientID) ?? {};
    const before = bob.client.texts.length;
    carol.say({ kind: 'awareness', states: states([ann.doc.clientID, clock, '{"name":"Ann"}']) });
    carol.say({ kind: 'awareness', states: states([ann.doc.clientID, clock, 'null']) });
    carol.say({ kind: 'awareness', states: states([4711, 3, 'null']) });
    await settled();
    expect(bob.client.texts.length).toBe(before);
    carol.client.close();
    await settled();
    expect(bob.others()).toEqual(['Ann']);
  });

  it('is not believed for ever where nobody repeats it', async () => {
    const branch = newBranch();
    await connect(branch, { name: 'Ann' });
    world.advance(41_000);
    expect((await connect(branch)).others()).toEqual([]);
  });

  it('has bounds', async () => {
    const branch = newBranch();
    const ann = await connect(branch);
    const bob = await connect(branch);
    ann.say({ kind: 'awareness', states: states([1, 1, JSON.stringify({ name: 'x'.repeat(33_000) })]) }, 1);
    ann.say({
      kind: 'awareness',
      states: states(...Array.from({ length: 17 }, (_, n): [number, number, string] => [n + 1, 1, '{}'])),
    });
    await settled();
    expect(ann.frames('error').map(({ code }) => code)).toEqual(['too_large', 'too_large']);
    expect(bob.others()).toEqual([]);
  });
});
