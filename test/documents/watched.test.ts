import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import type { BranchWorld, Watcher } from '../support/branches.ts';
import { branchWorld, newBranch } from '../support/branches.ts';
import type { Http } from '../support/http.ts';
import { httpOver } from '../support/http.ts';

let world: BranchWorld;
let http: Http;
beforeEach(async () => {
  world = await branchWorld();
  http = httpOver(world.ports);
});
afterEach(() => expect(world.failures).toEqual([]));

/** Somebody who edits a branch, and whose document follows what is heard. */
async function editor(branch: ReturnType<typeof newBranch>) {
  const client: Watcher = await world.watching(branch);
  const doc = new Y.Doc();
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    const updates = [Buffer.from(update).toString('base64')];
    if (origin !== client) client.say({ type: 'repo/add_updates', ...branch, updates });
  });
  return {
    doc,
    text: doc.getText('text'),
    /** What is to be seen when everything heard has been applied. */
    seen() {
      for (const update of client.updates()) Y.applyUpdate(doc, Buffer.from(update, 'base64'), client);
      return doc.getText('text').toString();
    },
    initial: () => client.messages('repo/add_updates').filter(({ initial }) => initial),
  };
}

describe('a branch that is watched', () => {
  it('is compacted while people type, and nobody misses anything', async () => {
    const branch = newBranch();
    const [alice, bob] = [await editor(branch), await editor(branch)];
    for (let index = 0; index < 70; index++) {
      alice.text.insert(0, 'a');
      bob.text.insert(0, 'b');
      if (index % 13 === 0) await world.settled();
    }
    await world.settled();
    expect(world.started.length).toBeGreaterThan(0);
    expect(alice.seen()).toHaveLength(140);
    expect(bob.seen()).toBe(alice.seen());
    const late = await editor(branch);
    expect(late.seen()).toBe(alice.seen());
    expect(late.initial()[0]?.updates.length).toBeLessThan(150);
  });

  it('shows a restored version to everybody who watches, while they go on typing', async () => {
    const branch = newBranch();
    const [alice, bob] = [await editor(branch), await editor(branch)];
    alice.text.insert(0, 'a good text');
    await world.settled();
    bob.seen();
    bob.text.delete(0, 6);
    await world.settled();
    alice.seen();
    alice.text.insert(0, 'a bad');
    await world.settled();
    const body = { ...branch, version: 1 };
    const restored = await http('POST', '/api/v2/records/insts/versions/restore', { body });
    // Who has not seen it yet.
    bob.text.insert(bob.text.length, '!');
    expect(restored.body).toMatchObject({ success: true, version: expect.any(Number) });
    await world.settled();
    expect(bob.seen()).toBe('a good text!');
    expect(alice.seen()).toBe('a good text!');
    expect((await editor(branch)).seen()).toBe('a good text!');
  });

  it('keeps what is no update, and is compacted all the same', async () => {
    const branch = newBranch();
    const client = await world.watching(branch);
    for (let index = 0; index < 100; index++) {
      client.say({ type: 'repo/add_updates', ...branch, updates: [`no update ${index % 10}`] });
    }
    await world.settled();
    const late = await world.watching(branch);
    expect(late.updates().toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `no update ${index}`));
  });
});
