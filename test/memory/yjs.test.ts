import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { keys } from '../../functions/core/keys.ts';
import { memoryWorld } from '../support/memory.ts';
import { documentPeers, newAttributes } from '../support/memory-yjs.ts';

const world = await memoryWorld();
const { edit, settled } = documentPeers(world);
const alice = await world.person();
const bob = await world.person();

describe('an instance as a document', () => {
  it('is opened with auth_success, our step 1 and a step 2, also of an empty one', async () => {
    const id = await world.instanceOf(alice);
    const peer = await edit(id, alice);
    expect(peer.client.texts[0]).toContain('auth_success');
    const [step1, step2] = peer.frames('yjs');
    expect([step1?.data, step2?.data]).toEqual(['AAEA', 'AQIAAA==']);
    expect(peer.isSynced).toBe(true);
    expect(world.errors).toEqual([]);
  });

  it('has the keys that there were before anybody edited it', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'a', value: { x: [1, null] }, attributes: { type: 'json', tags: ['t'], zIndex: 2 } });
    json.send('set', { key: 'b', value: 'text', attributes: { type: 'document' } });
    await settled();
    const peer = await edit(id, alice);
    expect(peer.view()).toEqual({ a: { x: [1, null] }, b: 'text' });
    expect(peer.attributes('a')).toEqual({
      type: 'json',
      contentTags: ['t'],
      systemTags: ['LLMRead', 'LLMWrite'],
      zIndex: 2,
    });
    expect(peer.text('b').toString()).toBe('text');
    expect(peer.messages().map(({ kind }) => kind)).toEqual(['step1', 'step2']);
  });

  it('is edited by many, and what is edited becomes keys', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    json.news();
    ann.set('k', 'one');
    await settled();
    expect(ben.view()).toEqual({ k: 'one' });
    expect(ann.messages().filter(({ kind }) => kind === 'update')).toEqual([]);
    const { visible, readonly, hardcoded, template, ...rest } = json.news().at(-1)?.attributes ?? {};
    expect(rest).toEqual({ ...newAttributes, tags: [] });
    expect(json.view()).toEqual({ k: 'one' });
    ben.set('k', { deep: [2] }, { ...newAttributes, contentType: 'x/y', contentTags: ['c'] });
    await settled();
    expect(json.news().at(-1)).toMatchObject({
      type: 'key_updated',
      key: 'k',
      value: { deep: [2] },
      attributes: { contentType: 'x/y', contentTags: ['c'], tags: ['c'] },
      updatedBy: alice.userId,
    });
    ann.remove('k');
    await settled();
    expect(json.news().map(({ type }) => type)).toEqual(['key_deleted']);
    expect(await world.read(id, alice)).toEqual({});
  });

  it('follows what becomes of keys, and nobody echoes', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    json.send('set', { key: 'k', value: 1 });
    await settled();
    expect([ann.view(), ben.view()]).toEqual([{ k: 1 }, { k: 1 }]);
    await world.http('PUT', `/api/instances/${id}/keys/http`, { as: alice.sessionKey, body: { value: 'x' } });
    await settled();
    expect(ann.view()).toEqual({ k: 1, http: 'x' });
    json.send('delete', { key: 'http' });
    await settled();
    expect(ann.view()).toEqual({ k: 1 });
    json.send('clear');
    await settled();
    expect([ann.view(), ben.view()]).toEqual([{}, {}]);
    expect(json.frames().map(({ type, version }) => [type, version])).toEqual([
      ['auth_success', undefined],
      ['sync', 0],
      ['key_updated', 1],
      ['key_updated', 2],
      ['key_deleted', 3],
      ['cleared', 4],
    ]);
    // A set that changes nothing says nothing.
    const said = ann.messages().length;
    ann.set('k', 1);
    await settled();
    json.send('set', { key: 'k', value: 1 });
    await settled();
    expect(ann.messages()).toHaveLength(said);
    expect(json.frames().at(-1)).toMatchObject({ type: 'key_updated', key: 'k', value: 1, version: 5 });
  });

  it('keeps what others write in a text at the same time', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'd', value: 'the cat', attributes: { type: 'document' } });
    await settled();
    const ann = await edit(id, alice);
    ann.text('d').insert(7, ' sat');
    json.send('set', { key: 'd', value: 'the old cat' });
    await settled();
    expect(ann.view()).toEqual({ d: 'the old cat sat' });
    expect(json.view()).toEqual({ d: 'the old cat sat' });
    expect(await world.read(id, alice)).toEqual({ d: 'the old cat sat' });
  });

  it.each([
    ['abX', [{ insert: { image: 'x' } }, { insert: 'ab' }, { insert: { image: 'y' } }, { insert: 'X' }]],
    ['Xbc', [{ insert: { image: 'x' } }, { insert: 'Xb' }, { insert: { image: 'y' } }, { insert: 'c' }]],
    ['aXYZc', [{ insert: { image: 'x' } }, { insert: 'aXYZ' }, { insert: { image: 'y' } }, { insert: 'c' }]],
    ['X', [{ insert: { image: 'x' } }, { insert: 'X' }]],
    ['', [{ insert: { image: 'x' } }]],
  ])('has a text become %j where pictures are embedded in it', async (value, delta) => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const ann = await edit(id, alice);
    const text = new Y.Text('abc');
    ann.set('d', text, { ...newAttributes, type: 'document' });
    text.insertEmbed(2, { image: 'y' });
    text.insertEmbed(0, { image: 'x' });
    await settled();
    json.send('set', { key: 'd', value });
    await settled();
    expect([ann.view(), json.view()]).toEqual([{ d: value }, { d: value }]);
    expect(ann.text('d').toDelta()).toEqual(delta);
  });

  it('has a text become what it is to be, whatever a client has put into it', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const ann = await edit(id, alice);
    const text = new Y.Text('abcd');
    ann.set('d', text, { ...newAttributes, type: 'document' });
    Reflect.apply(Y.Array.prototype.insert, text, [1, [1]]);
    await settled();
    json.send('set', { key: 'd', value: 'Xd' });
    await settled();
    expect([ann.view(), json.view()]).toEqual([{ d: 'Xd' }, { d: 'Xd' }]);
  });

  it('takes an entry without a value for none yet', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const ann = await edit(id, alice);
    ann.doc.getMap('mindcache').set('k', new Y.Map());
    await settled();
    expect(json.frames().at(-1)?.type).toBe('sync');
    expect(ann.doc.getMap('mindcache').has('k')).toBe(true);
    ann.set('k', null);
    await settled();
    expect(json.view()).toEqual({ k: null });
  });

  it('tells connections that edit it nothing in JSON', async () => {
    const id = await world.instanceOf(alice);
    const ann = await edit(id, alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'k', value: 1 });
    await settled();
    expect(ann.frames('key_updated')).toEqual([]);
    expect(ann.frames('sync')).toHaveLength(1);
  });
});

describe('who may only read', () => {
  it('is told, and changes nothing', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const [ann, reader] = [await edit(id, alice), await edit(id, bob)];
    ann.set('k', 1);
    await settled();
    expect(reader.view()).toEqual({ k: 1 });
    reader.set('k', 2);
    reader.set('l', 2);
    await settled();
    expect(ann.view()).toEqual({ k: 1 });
    expect(await world.read(id, alice)).toEqual({ k: 1 });
    expect(reader.frames('error')).toEqual([]);
    reader.say({ kind: 'update', update: Y.encodeStateAsUpdate(reader.doc) }, 'mine');
    await settled();
    expect(reader.frames('error')).toEqual([
      { type: 'error', error: 'Write permission required', code: 'NO_PERMISSION', id: 'mine' },
    ]);
  });
});

describe('a message that is too large for a frame', () => {
  it('is refused under its id, whether it may not be put somewhere or is not where it is said to be', async () => {
    const id = await world.instanceOf(alice);
    await world.share(id, bob, 'read');
    const [ann, reader] = [await edit(id, alice), await edit(id, bob)];
    world.dispatch(reader.client, JSON.stringify({ type: 'upload', id: 7 }));
    world.dispatch(ann.client, JSON.stringify({ type: 'yjs', url: 'https://nowhere.example/x', id: 9 }));
    await settled();
    expect(reader.frames('error')).toMatchObject([{ code: 'NO_PERMISSION', id: 7 }]);
    expect(ann.frames('error')).toMatchObject([{ id: 9 }]);
  });
});

describe('a key that may not become what the document says', () => {
  it('stays, and the document goes back to it', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    ann.set('k', 1);
    await settled();
    ann.set('k', 2, { ...newAttributes, type: 'nonsense' });
    ann.set('$date', 3);
    await settled();
    expect([ann.view(), ben.view(), json.view()]).toEqual([{ k: 1 }, { k: 1 }, { k: 1 }]);
    expect(ann.attributes('k')).toEqual(newAttributes);
    expect(world.errors).toEqual([]);
  });

  it('stays as well for values that are nested more deeply than anybody may send them', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const [ann, ben] = [await edit(id, alice), await edit(id, alice)];
    ann.set('k', 1);
    await settled();
    ann.set('k', nested(101));
    ann.set('l', nested(101));
    ann.set('m', nested(100));
    await settled();
    const those = { k: 1, m: nested(100) };
    expect([ann.view(), ben.view(), json.view()]).toEqual([those, those, those]);
    expect(world.errors).toEqual([]);
  });

  it.each([2_000, 8_000])(
    'keeps no other from following, however deep it is: %i types in each other',
    async (depth) => {
      const id = await world.instanceOf(alice);
      const json = await world.connect(id, alice);
      const ann = await edit(id, alice);
      const map = ann.doc.getMap('mindcache').set('deep', new Y.Map<unknown>());
      nestTypes(ann.doc, map, 'value', depth);
      await settled();
      json.send('set', { key: 'deep', value: 'shallow' });
      await settled();
      ann.set('other', 1);
      await settled();
      expect(json.view()).toEqual({ deep: 'shallow', other: 1 });
      expect(world.errors).toEqual([]);
    },
  );

  it('nor does what is nested beside a value, when both sides change that key', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const ann = await edit(id, alice);
    ann.set('k', 1);
    await settled();
    nestTypes(ann.doc, ann.doc.getMap<Y.Map<unknown>>('mindcache').get('k') ?? new Y.Map(), 'more', 2_000);
    await settled();
    json.send('set', { key: 'k', value: 2 });
    await settled();
    ann.set('k', 3);
    ann.set('other', 1);
    await settled();
    expect(json.view()).toEqual({ k: 2, other: 1 });
    expect(world.errors).toEqual([]);
  });

  it('nor does one whose value is too large for a document, when both sides change it at once', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    const ann = await edit(id, alice);
    ann.set('k', 1);
    await settled();
    const path = `/api/instances/${id}/keys/k`;
    await world.http('PUT', path, { as: alice.sessionKey, body: { value: 'x'.repeat(1_500_000) } });
    ann.doc.transact(() => {
      ann.remove('k');
      ann.set('k', 2);
    });
    await settled();
    ann.set('other', 1);
    await settled();
    const { body } = await world.http('GET', path, { as: alice.sessionKey });
    expect(body.value).toHaveLength(1_500_000);
    expect([ann.view(), json.view().other]).toEqual([{ other: 1 }, 1]);
    expect(world.errors).toEqual([]);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = [value];
  return value;
}

/** One level at a time: Yjs writes nothing that deep at once. */
function nestTypes(doc: Y.Doc, map: Y.Map<unknown>, field: string, depth: number): void {
  doc.transact(() => {
    let inner = new Y.Array<unknown>();
    map.set(field, inner);
    for (let at = 0; at < depth; at++) {
      const next = new Y.Array<unknown>();
      inner.insert(0, [next]);
      inner = next;
    }
  });
}

describe('instances that nobody edits as a document', () => {
  it('pay nothing for it', async () => {
    const id = await world.instanceOf(alice);
    const json = await world.connect(id, alice);
    json.send('set', { key: 'k', value: 1 });
    json.send('clear');
    await settled();
    expect(world.functions.started).toEqual([]);
    expect(await world.ports.table.get(keys.bridge(id))).toBeUndefined();
  });
});
