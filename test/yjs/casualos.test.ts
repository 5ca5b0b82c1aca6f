import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { branchWorld, newBranch, update, type Watcher } from '../support/branches.ts';
import { textOf, type YjsPeer, yjsPeers } from '../support/yjs.ts';

/** One branch, two kinds of clients: CasualOS's own, and Yjs's tools. */
const world = await branchWorld();
const { connect, settled } = yjsPeers(world);

/** What a CasualOS client has of the document. */
function seenBy(watcher: Watcher): string {
  const doc = new Y.Doc();
  for (const text of watcher.updates()) Y.applyUpdate(doc, Buffer.from(text, 'base64'));
  return textOf({ doc });
}

/** An edit of a CasualOS client's, who knows what the peer does. */
function edited({ doc }: YjsPeer, text: string): string {
  const own = new Y.Doc();
  Y.applyUpdate(own, Y.encodeStateAsUpdate(doc));
  const before = Y.encodeStateVector(own);
  own.getText('text').insert(own.getText('text').length, text);
  return Buffer.from(Y.encodeStateAsUpdate(own, before)).toString('base64');
}

describe('in one branch', () => {
  it('both get what either writes, early and late', async () => {
    const branch = newBranch();
    const watcher = await world.watching(branch);
    const ann = await connect(branch);
    ann.doc.getText('text').insert(0, 'Yjs ');
    await settled();
    watcher.say({ type: 'repo/add_updates', ...branch, updates: [edited(ann, 'CasualOS')], updateId: 1 });
    await settled();
    expect([textOf(ann), seenBy(await world.watching(branch))]).toEqual(['Yjs CasualOS', 'Yjs CasualOS']);
    expect(textOf(await connect(branch))).toBe('Yjs CasualOS');
    expect(watcher.updates()).toHaveLength(1);
  });

  it('updates of one message come as one', async () => {
    const branch = newBranch();
    const watcher = await world.watching(branch);
    const ann = await connect(branch);
    const before = ann.client.texts.length;
    const updates: string[] = [];
    const doc = new Y.Doc();
    doc.on('update', (one: Uint8Array) => updates.push(Buffer.from(one).toString('base64')));
    for (const letter of 'hello') doc.getText('text').insert(0, letter);
    watcher.say({ type: 'repo/add_updates', ...branch, updates });
    await settled();
    expect(ann.client.texts.length - before).toBe(1);
    expect(textOf(ann)).toBe('olleh');
  });

  it('what Yjs would not understand is for those who do', async () => {
    const branch = newBranch();
    const watcher = await world.watching(branch);
    const ann = await connect(branch);
    const before = ann.client.texts.length;
    watcher.say({ type: 'repo/add_updates', ...branch, updates: [update('our own thing')] });
    await settled();
    ann.doc.getText('text').insert(0, 'fine');
    await settled();
    expect(ann.client.texts.length).toBe(before);
    expect(textOf(await connect(branch))).toBe('fine');
    expect((await world.watching(branch)).updates()).toHaveLength(2);
  });

  it('those who watch devices hear of Yjs’s tools, and actions do not reach these', async () => {
    const branch = newBranch();
    const watcher = await world.watching(branch);
    watcher.say({ type: 'repo/watch_branch_devices', ...branch });
    await settled();
    const ann = await connect(branch);
    watcher.say({ type: 'repo/connection_count', ...branch });
    watcher.say({ type: 'repo/send_action', ...branch, action: { type: 'remote', event: 1, broadcast: true } });
    await settled();
    expect(watcher.messages('repo/connection_count').at(-1)?.count).toBe(2);
    expect(watcher.messages('repo/connected_to_branch')).toHaveLength(2);
    expect(ann.client.texts.every((text) => JSON.parse(text).type === 'yjs')).toBe(true);
    ann.client.close();
    await settled();
    expect(watcher.messages('repo/disconnected_from_branch')).toHaveLength(1);
  });

  it('a branch that is compacted while people write stays whole', async () => {
    const branch = newBranch();
    const peers = await Promise.all(Array.from({ length: 3 }, () => connect(branch)));
    for (let n = 0; n < 60; n++) for (const peer of peers) peer.doc.getText('text').insert(0, String(n % 10));
    await settled();
    expect(world.started.length).toBeGreaterThan(0);
    expect(textOf(await connect(branch))).toHaveLength(180);
    expect(new Set(peers.map(textOf)).size).toBe(1);
  });
});
