import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { branded } from '../../functions/core/branded.ts';
import { compactFrom } from '../../functions/core/channel/compaction.ts';
import { readHead } from '../../functions/core/channel/log.ts';
import { Failure } from '../../functions/core/errors.ts';
import { keys, unbridgedOf } from '../../functions/core/keys.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { documentOf } from '../../functions/memory/document.ts';
import { eraseMemory } from '../../functions/memory/erase.ts';
import { recheckListeners } from '../../functions/memory/sockets.ts';
import { writeKey } from '../../functions/memory/writing.ts';
import { memoryWorld } from '../support/memory.ts';
import { documentPeers, frameText } from '../support/memory-yjs.ts';

/** Clients of both lines in one instance, at once and for long. */
const world = await memoryWorld();
const { edit, settled } = documentPeers(world);
const alice = await world.person();
const bob = await world.person();

/** Always the same numbers for the same seed, from 0 up to 1. */
function randomly(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('whatever clients of both lines do at once (%i)', (seed) => {
  it('they end with the same', async () => {
    const below = randomly(seed);
    const id = await world.instanceOf(alice);
    const jsons = [await world.connect(id, alice), await world.connect(id, alice)];
    jsons[0]?.send('set', { key: 'text', value: 'begin', attributes: { type: 'document' } });
    await settled();
    const peers = [await edit(id, alice), await edit(id, alice)];
    const working: Promise<void>[] = [];
    const names = ['a', 'b', 'c', 'text'];
    const key = () => names[below(names.length)] ?? 'a';
    const doings = [
      () => jsons[below(2)]?.send('set', { key: key(), value: `json ${below(100)}` }),
      () => jsons[below(2)]?.send('delete', { key: key() }),
      () => below(4) === 0 && jsons[below(2)]?.send('clear'),
      () => peers[below(2)]?.set(key(), `yjs ${below(100)}`),
      () => peers[below(2)]?.remove(key()),
      () => {
        const peer = peers[below(2)];
        const value = peer?.doc.getMap<Y.Map<unknown>>('mindcache').get('text')?.get('value');
        if (value instanceof Y.Text) value.insert(below(value.length + 1), 'x');
      },
      () => void working.push(world.functions.workOff()),
      () => peers.map((peer) => peer.hear()),
    ];
    for (let turn = 0; turn < 40; turn++) {
      doings[below(doings.length)]?.();
      if (below(4) === 0) await new Promise((resolve) => setTimeout(resolve, below(15)));
    }
    await Promise.all(working);
    await settled();
    const stored = await world.read(id, alice);
    const late = await edit(id, alice);
    for (const one of [...jsons, ...peers, late]) expect(one.view()).toEqual(stored);
    expect(world.errors).toEqual([]);
  });
});

describe('several who are the first to edit an instance', () => {
  it('find each key once', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'text', value: 'once', attributes: { type: 'document' } });
    await settled();
    const peers = await Promise.all(Array.from({ length: 4 }, () => edit(id, alice)));
    peers[0]?.text('text').insert(4, '!');
    await settled();
    for (const peer of peers) expect(peer.view()).toEqual({ text: 'once!' });
    expect(json.view()).toEqual({ text: 'once!' });
    // Theirs, and ours.
    expect(peers[0]?.doc.store.clients.size).toBe(2);
  });
});

describe('who may not start the documents function', () => {
  it('has it started', async () => {
    const id = await world.instanceOf(alice);
    const ann = await edit(id, alice);
    const start = async () => {
      throw new Failure('not_configured', 'DOCUMENTS_FUNCTION');
    };
    const ports: Ports = Object.create(world.ports, { functions: { value: { ...world.functions, start } } });
    const instance = { id, isReadOnly: false, hasWebhooks: false };
    await writeKey(ports, instance, { key: 'k', value: 'a model’s', by: branded(alice.userId) });
    await settled();
    expect(ann.view()).toEqual({ k: 'a model’s' });
  });
});

describe('an instance that is edited for long', () => {
  it('stays small, and who comes late gets it all', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'text', value: '', attributes: { type: 'document' } });
    await settled();
    const ann = await edit(id, alice);
    for (let letter = 0; letter < 300; letter++) {
      ann.text('text').insert(letter, String(letter % 10));
      if (letter % 50 === 49) await settled();
    }
    for (let count = 0; count < 30; count++) {
      json.send('set', { key: 'k', value: 'v'.repeat(1_000) + count });
      await settled();
    }
    const head = await readHead(world.ports, documentOf(id));
    expect((head?.sequence ?? 0) - (head?.start ?? 0)).toBeLessThan(2 * compactFrom.entries);
    // 30 values were replaced, and are forgotten.
    expect(head?.size).toBeLessThan(2 * compactFrom.entries * 2_000);
    const late = await edit(id, alice);
    expect(late.view()).toEqual(ann.view());
    expect(late.view()).toEqual(await world.read(id, alice));
    expect(late.text('text').length).toBe(300);
  });
});

describe('what makes no sense', () => {
  it('is ignored, or refused where somebody waits for an answer', async () => {
    const id = await world.instanceOf(alice);
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    const before = ben.client.texts.length;
    for (const data of ['', 'AAAA', '////', Buffer.from([2, 3, 1, 2, 3]).toString('base64'), 'no base64!'])
      world.dispatch(ann.client, JSON.stringify({ type: 'yjs', data }));
    world.dispatch(ann.client, JSON.stringify({ type: 'yjs', data: '////', id: 'x' }));
    world.dispatch(ann.client, JSON.stringify({ type: 'yjs' }));
    await settled();
    expect(ann.frames('error').map(({ code, id: of }) => [code, of])).toEqual(
      expect.arrayContaining([
        ['PARSE_ERROR', 'x'],
        ['PARSE_ERROR', undefined],
      ]),
    );
    expect(ann.frames('error')).toHaveLength(2);
    expect(ben.client.texts).toHaveLength(before);
    ann.set('k', 1);
    await settled();
    expect(ben.view()).toEqual({ k: 1 });
  });

  it('to Yjs alone is taken out, and the rest goes on', async () => {
    const id = await world.instanceOf(alice);
    const ann = await edit(id, alice);
    // A key whose name is no UTF-8.
    const bytes = [1, 1, 9, 0, 0x28, 1, 9, ...Buffer.from('mindcache'), 2, 0xc3, 0x28, 1, 0x7d, 1, 0];
    const writer = await world.open({ path: `/sync/${id}`, query: { access_token: alice.sessionKey } });
    world.dispatch(writer, frameText({ kind: 'update', update: Uint8Array.from(bytes) }));
    await world.settled();
    ann.set('k', 1);
    await world.settled();
    await world.functions.workOff();
    expect(world.errors.splice(0)).toHaveLength(1);
    expect(await world.read(id, alice)).toEqual({ k: 1 });
    expect((await edit(id, alice)).view()).toEqual({ k: 1 });
  });

  it('as a key is none, until it is one', async () => {
    const id = await world.instanceOf(alice);
    const [ann, json] = [await edit(id, alice), await world.connect(id, alice)];
    ann.doc.getMap('mindcache').set('plain', 'no map');
    await settled();
    expect(json.view()).toEqual({});
    json.send('set', { key: 'plain', value: 3 });
    await settled();
    expect(ann.view()).toEqual({ plain: 3 });
  });
});

describe('who may do what', () => {
  it('is looked at with every message, and who is taken out hears no more', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'write');
    const [ann, ben] = [await edit(id, alice), await edit(id, bob)];
    ben.set('k', 'ben');
    await settled();
    expect(ann.view()).toEqual({ k: 'ben' });
    await world.ports.table.delete(keys.sharedTo({ type: 'instance', id }, { type: 'user', id: bob.userId }));
    ben.set('k', 'gone');
    await settled();
    expect(ann.view()).toEqual({ k: 'ben' });
    await recheckListeners(world.ports, [id]);
    await settled();
    expect(world.isOpen(ben.client)).toBe(false);
    const heard = ben.client.texts.length;
    ann.set('secret', 1);
    await settled();
    expect(ben.client.texts).toHaveLength(heard);
  });

  it('is less once a share is', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'write');
    const [ann, ben] = [await edit(id, alice), await edit(id, bob)];
    await world.share(id, bob, 'read');
    ben.set('k', 'ben');
    ann.set('l', 'ann');
    await settled();
    expect(ann.view()).toEqual({ l: 'ann' });
    expect(ben.view()).toEqual({ k: 'ben', l: 'ann' });
  });

  it('nobody writes to an instance that is read-only', async () => {
    const id = await world.instanceOf(alice, { isReadOnly: true });
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    ann.set('k', 1);
    ann.say({ kind: 'update', update: Y.encodeStateAsUpdate(ann.doc) }, 'mine');
    await settled();
    expect(ben.view()).toEqual({});
    expect(ann.frames('error')).toEqual([expect.objectContaining({ code: 'INSTANCE_READONLY', id: 'mine' })]);
  });
});

describe('an instance that is erased', () => {
  it('leaves nothing of its document', async () => {
    const id = await world.instanceOf(alice);
    const ann = await edit(id, alice);
    ann.set('k', 1);
    await settled();
    await world.ports.table.delete(keys.instance(id));
    ann.client.close();
    await settled();
    await eraseMemory(world.ports, id);
    await settled();
    expect(await readHead(world.ports, documentOf(id))).toBeUndefined();
    expect(await world.ports.table.get(keys.bridge(id))).toBeUndefined();
    expect(await world.ports.table.query({ pk: unbridgedOf(id) })).toEqual([]);
  });
});
