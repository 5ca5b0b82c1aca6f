import { afterEach, describe, expect, it } from '@jest/globals';
import type { BucketDefinition, OnDelete } from '../../functions/core/bucket-definition.ts';
import { noexWorld } from '../support/noex.ts';

const id = { type: 'string' } as const;
/** A bucket whose records refer to those of another one. */
const referring = (ref: string, onDelete: OnDelete): BucketDefinition => ({
  key: 'id',
  schema: { id, of: { type: 'string', ref, onDelete }, text: { type: 'string' } },
});
/** A bucket, and one more for each of what may become of its records' references. */
const family = (name: string, bounds: Partial<BucketDefinition>): Record<string, BucketDefinition> => ({
  [name]: { key: 'id', schema: { id }, ...bounds },
  [`${name}-restrict`]: referring(name, 'restrict'),
  [`${name}-cascade`]: referring(name, 'cascade'),
  [`${name}-null`]: referring(name, 'set_null'),
});
const world = await noexWorld({
  buckets: { ...family('cleared', {}), ...family('brief', { ttl: '1s' }), ...family('bounded', { maxSize: 1 }) },
});
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const insert = (bucket: string, data: object) => client.get('store.insert', { bucket, data });
const get = (bucket: string, key: string) => client.get('store.get', { bucket, key });
const kinds = ['restrict', 'cascade', 'null'];
const children = (name: string) => Promise.all(kinds.map((kind) => get(`${name}-${kind}`, 'child')));

/** A record to which one of each kind refers. */
async function born(name: string): Promise<void> {
  await insert(name, { id: 'parent' });
  for (const kind of kinds) await insert(`${name}-${kind}`, { id: 'child', of: 'parent' });
}

describe('onDelete', () => {
  it.each([
    ['store.clear', 'cleared', () => client.get('store.clear', { bucket: 'cleared' })],
    ['the end of a lifetime', 'brief', async () => world.advance(1_001)],
  ])('counts for no record that goes by %s: what refers to it stays as it is', async (_, name, go) => {
    await born(name);
    await go();
    expect(await get(name, 'parent')).toBeNull();
    expect(await children(name)).toEqual(Array(3).fill(expect.objectContaining({ of: 'parent', _version: 1 })));
  });

  it('counts for what a bounded bucket evicts, but restrict keeps nothing there', async () => {
    await born('bounded');
    await insert('bounded', { id: 'newer' });
    expect(await get('bounded', 'parent')).toBeNull();
    expect(await children('bounded')).toEqual([
      expect.objectContaining({ of: 'parent', _version: 1 }),
      null,
      expect.objectContaining({ of: null, _version: 2 }),
    ]);
  });

  it('a record that refers to nothing can be changed, and refers to who comes under that key again', async () => {
    const bucket = 'cleared-restrict';
    expect(await client.get('store.update', { bucket, key: 'child', data: { text: 'x' } })).toMatchObject({
      text: 'x',
    });
    await insert('cleared', { id: 'parent' });
    expect(await client.refusal('store.delete', { bucket: 'cleared', key: 'parent' })).toBe('CONFLICT');
  });
});
