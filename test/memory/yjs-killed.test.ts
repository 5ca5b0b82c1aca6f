import { describe, expect, it } from '@jest/globals';
import { work } from '../../functions/documents/jobs.ts';
import { type MemoryClient, memoryWorld } from '../support/memory.ts';
import { type DocumentPeer, documentPeers } from '../support/memory-yjs.ts';
import { untilKilled } from '../support/mortal-ports.ts';

/** Handlers die between any two of their I/Os; keys and document end as the same. */
const world = await memoryWorld();
const { edit, settled } = documentPeers(world);
const alice = await world.person();

/** Longer than any promise to look again takes. */
const later = 130_000;

async function lateOn() {
  await settled();
  for (let looks = 0; looks < 3; looks++) {
    world.advance(later / 2);
    await world.remind();
    await settled();
  }
}

async function agree(instanceId: string, peers: readonly DocumentPeer[], json: MemoryClient) {
  const stored = await world.read(instanceId, alice);
  for (const peer of peers) expect(peer.view()).toEqual(stored);
  expect(json.view()).toEqual(stored);
  expect((await edit(instanceId, alice)).view()).toEqual(stored);
  return stored;
}

async function three() {
  const id = await world.instanceOf(alice);
  const json = await world.connect(id, alice);
  json.send('set', { key: 'old', value: 1 });
  json.send('set', { key: 'text', value: 'one', attributes: { type: 'document' } });
  await settled();
  const peers = [await edit(id, alice), await edit(id, alice)] as const;
  return { id, json, peers };
}

const everyIo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each(everyIo(16))('who keeps an update is killed before I/O %i', (ios) => {
  it('and what was kept reaches everybody', async () => {
    const { id, json, peers } = await three();
    const [ann] = peers;
    world.killNextAfter(ios);
    ann.set('new', 2);
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    // What comes next is told, and bridged; nobody takes what came before for told because of it.
    ann.set('next', 3);
    await lateOn();
    // What was not kept, its client says when it comes again.
    ann.client.close();
    const again = await edit(id, alice, { doc: ann.doc });
    await settled();
    expect(await agree(id, [again, peers[1]], json)).toEqual({ old: 1, text: 'one', new: 2, next: 3 });
  });
});

describe.each(everyIo(16))('who changes a key is killed before I/O %i', (ios) => {
  it('and the document follows', async () => {
    const { id, json, peers } = await three();
    world.killNextAfter(ios);
    json.send('set', { key: 'text', value: 'one two' });
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    await lateOn();
    expect(await agree(id, peers, json)).toEqual({ old: 1, text: 'one two' });
    world.killNextAfter(ios);
    json.send('clear');
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    await lateOn();
    expect(await agree(id, peers, json)).toEqual({});
  });
});

describe.each(everyIo(37))('who bridges is killed before I/O %i', (ios) => {
  it('and the next goes on, without taking back what was written later', async () => {
    const { id, json, peers } = await three();
    const [ann, ben] = peers;
    ann.text('text').insert(3, ' two');
    ann.set('by ann', 1);
    ben.set('old', 2);
    await world.settled();
    json.send('set', { key: 'by json', value: 1 });
    await world.settled();
    const [job] = world.functions.started.splice(0);
    if (!job || !('job' in job)) throw new Error('nobody was started');
    await untilKilled(world.ports, ios, (mine) => work(mine, job));
    json.send('set', { key: 'by ann', value: 'later' });
    json.send('set', { key: 'text', value: 'one two three' });
    await world.settled();
    world.functions.started.splice(0);
    // As Lambda does with what has failed, or the reminder.
    world.advance(36_000);
    await world.functions.start('documents', job);
    await settled();
    await lateOn();
    const stored = await agree(id, peers, json);
    expect(stored).toEqual({ old: 2, 'by json': 1, 'by ann': expect.anything(), text: expect.anything() });
    expect(
      String(stored.text)
        .match(/two|three/g)
        ?.sort(),
    ).toEqual(expect.arrayContaining(['three', 'two']));
  });
});

describe.each(everyIo(30))('who opens the first document is killed before I/O %i', (ios) => {
  it('and whoever asks again finds all keys, once', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'text', value: 'one', attributes: { type: 'document' } });
    json.send('set', { key: 'k', value: 1 });
    await settled();
    const peer = await edit(id, alice, { waits: true });
    await world.settled();
    world.killNextAfter(ios);
    peer.say({ kind: 'step1', stateVector: new Uint8Array([0]) });
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    world.advance(36_000);
    peer.say({ kind: 'step1', stateVector: new Uint8Array([0]) });
    await settled();
    expect(peer.view()).toEqual({ text: 'one', k: 1 });
    expect(await agree(id, [peer], json)).toEqual({ text: 'one', k: 1 });
  });
});
