import { beforeAll, describe, expect, it } from '@jest/globals';
import { ex, named } from '../../../functions/core/expression.ts';
import type { Item, Key, Table } from '../../../functions/core/table.ts';

/** What every `Table` promises. `make` hands over both tables of the product; each test writes to partitions of its own. */
export function tableSuite(what: string, make: () => Promise<{ table: Table; connections: Table }>): void {
  let made: ReturnType<typeof make> | undefined;
  let table: Table;
  let connections: Table;
  let last = 0;
  /** A partition that no other test uses. */
  const partition = () => {
    last += 1;
    return `P#${last}`;
  };
  const key = (sk = 'a', pk = partition()): Key => ({ pk, sk });
  const free = ex`attribute_not_exists(pk)`;

  describe(`${what}: single items`, () => {
    beforeAll(open);

    it('gives back every kind of value as it was put', async () => {
      const item = {
        ...key(),
        text: 'ä "quoted" 🎈 \u2028',
        empty: '',
        integer: 9007199254740991,
        fraction: 0.1,
        tiny: 1.5e-129,
        huge: 1.7976931348623e125,
        negative: -42.5,
        yes: true,
        no: false,
        nothing: null,
        list: [1, 'two', [null, { three: 3 }], []],
        map: { a: { b: { c: 1 } }, 'a key with # and :v0': 1, empty: {} },
        tags: new Set(['x', 'y']),
        bytes: new Uint8Array([0, 1, 254, 255]),
      };
      await table.put(item);
      expect(await table.get(item)).toEqual(item);
    });

    it('leaves out what is undefined and sets without members', async () => {
      const at = key();
      await table.put({
        ...at,
        gone: undefined,
        none: new Set(),
        map: { gone: undefined, kept: 1 },
        list: [undefined],
      });
      expect(await table.get(at)).toEqual({ ...at, map: { kept: 1 }, list: [null] });
    });

    it('keeps a map key that is called __proto__', async () => {
      const at = key();
      const map = JSON.parse('{"__proto__":{"admin":true}}') as object;
      await table.put({ ...at, map });
      const read = await table.get(at);
      expect(JSON.stringify(read?.map)).toBe('{"__proto__":{"admin":true}}');
    });

    it('takes texts that have no UTF-8, and finds their item again', async () => {
      const at = key('half a pair: \ud800');
      const item = { ...at, text: 'a\udc00', map: { '\ud800': 1 }, tags: new Set(['\ud800', '\ud801']) };
      await table.put(item);
      const read = {
        ...at,
        sk: 'half a pair: \ufffd',
        text: 'a\ufffd',
        map: { '\ufffd': 1 },
        tags: new Set(['\ufffd']),
      };
      expect(await table.get(at)).toEqual(read);
      expect(await table.batchGet([at])).toEqual([read]);
      expect(await table.query({ pk: at.pk, beginsWith: 'half a pair: \ud800' })).toEqual([read]);
    });

    it.each([
      ['NaN', Number.NaN],
      ['an infinity', Number.POSITIVE_INFINITY],
      ['a number beyond its own', 1e127],
      ['a date', new Date(0)],
      ['a function', () => 1],
      ['a set of numbers', new Set([1])],
    ])('refuses to put %s', async (_what, value) => {
      await expect((async () => table.put({ ...key(), value }))()).rejects.toThrow(TypeError);
    });

    it('fetches only the attributes asked for, and undefined for what is not there', async () => {
      const at = key();
      await table.put({ ...at, name: 'reserved', size: 2, other: 3 });
      expect(await table.get(at, ['name', 'size', 'absent'])).toEqual({ name: 'reserved', size: 2 });
      expect(await table.get(key())).toBeUndefined();
    });

    it('answers a put and a delete with what stood there before', async () => {
      const at = key();
      expect(await table.put({ ...at, n: 1 })).toEqual({ ok: true, item: undefined });
      expect(await table.put({ ...at, n: 2 })).toEqual({ ok: true, item: { ...at, n: 1 } });
      expect(await table.delete(at)).toEqual({ ok: true, item: { ...at, n: 2 } });
      expect(await table.delete(at)).toEqual({ ok: true, item: undefined });
    });

    it('answers a lost condition with the item that stood in the way', async () => {
      const at = key();
      await table.put({ ...at, owner: 'ann' });
      const current = { ...at, owner: 'ann' };
      expect(await table.put({ ...at, owner: 'bob' }, free)).toEqual({ ok: false, current });
      expect(await table.delete(at, ex`owner = ${'bob'}`)).toEqual({ ok: false, current });
      const change = { when: ex`owner = ${'bob'}` };
      expect(await table.update(at, ex`SET owner = ${'eve'}`, change)).toEqual({ ok: false, current });
      expect(await table.get(at)).toEqual(current);
    });

    it('answers a lost condition with nothing where no item stood', async () => {
      const exists = ex`attribute_exists(pk)`;
      expect(await table.delete(key(), exists)).toEqual({ ok: false, current: undefined });
      expect(await table.update(key(), ex`SET a = ${1}`, { when: exists })).toEqual({ ok: false, current: undefined });
    });

    it('updates with the new item or the old one in the answer', async () => {
      const at = key();
      const added = await table.update(at, ex`SET epoch = if_not_exists(epoch, ${'e1'}) ADD sequence ${1}`);
      expect(added).toEqual({ ok: true, item: { ...at, epoch: 'e1', sequence: 1 } });
      const old = await table.update(at, ex`ADD sequence ${1} REMOVE epoch`, { returns: 'old' });
      expect(old).toEqual({ ok: true, item: { ...at, epoch: 'e1', sequence: 1 } });
      expect(await table.get(at)).toEqual({ ...at, sequence: 2 });
      expect(await table.update(key(), ex`SET a = ${1}`, { returns: 'old' })).toEqual({ ok: true, item: undefined });
    });

    it('keeps values and names of a change apart from those of its condition', async () => {
      const at = key();
      await table.put({ ...at, version: 1, map: { left: 1, right: 2 } });
      const change = ex`SET map.${named('left')} = ${'changed'}, version = ${2}`;
      const when = ex`version = ${1} AND map.${named('right')} = ${2}`;
      expect(await table.update(at, change, { when })).toMatchObject({ ok: true });
      expect(await table.get(at)).toEqual({ ...at, version: 2, map: { left: 'changed', right: 2 } });
    });

    it('takes names that are data, whatever they hold', async () => {
      const at = key();
      await table.put({ ...at, sent: {} });
      for (const name of ['a.b', '#x', ':v0', 'ä 🎈', 'SET'])
        await table.update(at, ex`SET sent.${named(name)} = ${name}`);
      const sent = { 'a.b': 'a.b', '#x': '#x', ':v0': ':v0', 'ä 🎈': 'ä 🎈', SET: 'SET' };
      expect(await table.get(at)).toEqual({ ...at, sent });
    });

    it('does not take a name that is data for an attribute of its own', async () => {
      const at = key();
      await table.put({ ...at, n1: 'kept', sent: {} });
      await table.update(at, ex`SET sent.${named('other')} = n1`);
      expect(await table.get(at)).toEqual({ ...at, n1: 'kept', sent: { other: 'kept' } });
    });

    it('adds to a set and takes from it, until it is gone', async () => {
      const at = key();
      await table.update(at, ex`ADD channels ${new Set(['room:a', 'room:b'])}`);
      await table.update(at, ex`DELETE channels ${new Set(['room:a'])}`);
      expect(await table.get(at)).toEqual({ ...at, channels: new Set(['room:b']) });
      await table.update(at, ex`DELETE channels ${new Set(['room:b'])}`);
      expect(await table.get(at)).toEqual(at);
    });

    it('lets exactly one of fifty racing puts win', async () => {
      const at = key();
      const racers = Array.from({ length: 50 }, (_, racer) => table.put({ ...at, racer }, free));
      const results = await Promise.all(racers);
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      const winner = results.findIndex((result) => result.ok);
      for (const result of results) if (!result.ok) expect(result.current).toEqual({ ...at, racer: winner });
    });

    it('loses none of fifty concurrent additions', async () => {
      const at = key();
      const counts = await Promise.all(Array.from({ length: 50 }, () => table.update(at, ex`ADD n ${1}`)));
      const seen = counts.map((count) => (count.ok ? count.item?.n : undefined));
      expect(new Set(seen).size).toBe(50);
      expect(await table.get(at)).toEqual({ ...at, n: 50 });
    });
  });

  describe(`${what}: many items`, () => {
    beforeAll(open);

    it('fetches any number of keys, missing ones and repeated ones included', async () => {
      const pk = partition();
      const items = Array.from({ length: 130 }, (_, i) => ({ pk, sk: `i${i}`, i }));
      await Promise.all(items.map((item) => table.put(item)));
      const keys = [...items, { pk, sk: 'absent' }, { pk, sk: 'i7' }];
      const found = await table.batchGet(keys);
      expect(found.map((item) => item.i).sort((a, b) => Number(a) - Number(b))).toEqual(items.map((item) => item.i));
      expect(await table.batchGet([])).toEqual([]);
    });

    it('fetches items of both tables in one call', async () => {
      const pk = partition();
      await Promise.all([table.put({ pk, sk: 'here', i: 1 }), connections.put({ pk, sk: 'there', i: 2 })]);
      const found = await table.batchGet([
        { pk, sk: 'here' },
        { pk, sk: 'there', in: connections },
        { pk, sk: 'there' },
        { pk, sk: 'here', in: connections },
      ]);
      expect(found.map(({ sk, i }) => `${sk} ${i}`).sort()).toEqual(['here 1', 'there 2']);
    });

    it('fetches more than one answer can hold', async () => {
      const pk = partition();
      const items = Array.from({ length: 60 }, (_, i) => ({ pk, sk: `i${i}`, filler: 'x'.repeat(350_000) }));
      await Promise.all(items.map((item) => table.put(item)));
      expect(await table.batchGet(items)).toHaveLength(60);
    });

    describe('a query', () => {
      const pk = 'P#query';
      const sks = ['a#1', 'a#2', 'a#3', 'b#1', 'b#2'];
      beforeAll(async () => {
        for (const [i, sk] of sks.entries())
          await table.put({ pk, sk, l1: `z${9 - i}`, gsi2pk: 'G', gsi2sk: `g${9 - i}`, i });
        for (const [i, sk] of sks.entries())
          await connections.put({ pk: `C${i}`, sk, gsi2pk: 'SHARD', gsi2sk: i * 10 });
      });
      const found = async (input: Omit<Parameters<Table['query']>[0], 'pk'>) =>
        (await table.query({ pk, ...input })).map((item) => item.sk);

      it.each([
        ['a whole partition in order', {}, sks],
        ['by prefix', { beginsWith: 'a#' }, sks.slice(0, 3)],
        ['from one end', { from: 'a#3' }, sks.slice(2)],
        ['to the other, inclusive', { to: 'a#2' }, sks.slice(0, 2)],
        ['between two, inclusive', { from: 'a#2', to: 'b#1' }, sks.slice(1, 4)],
        ['nothing where the range is empty', { from: 'b', to: 'a' }, []],
        ['backward', { backward: true }, [...sks].reverse()],
        ['so many at most', { limit: 2 }, sks.slice(0, 2)],
        ['the last ones', { limit: 2, backward: true }, ['b#2', 'b#1']],
        ['none', { limit: 0 }, []],
        ['by a local index', { index: 'lsi1', from: 'z8' } as const, ['a#2', 'a#1']],
      ])('reads %s', async (_how, input, expected) => {
        expect(await found(input)).toEqual(expected);
      });

      it('reads by a global index, strings and numbers', async () => {
        const strings = await table.query({ pk: 'G', index: 'gsi2', beginsWith: 'g', limit: 2 });
        expect(strings.map((item) => item.i)).toEqual([4, 3]);
        const numbers = await connections.query({ pk: 'SHARD', index: 'gsi2', from: 9, to: 20 });
        expect(numbers.map((item) => item.gsi2sk)).toEqual([10, 20]);
      });

      it('fetches only the attributes asked for', async () => {
        expect(await table.query({ pk, only: ['i', 'sk'], limit: 1 })).toEqual([{ i: 0, sk: 'a#1' }]);
      });

      it('reads on over pages of a megabyte, and stops at the limit', async () => {
        const big = partition();
        const items = Array.from({ length: 12 }, (_, i) => ({
          pk: big,
          sk: `i${10 + i}`,
          filler: 'x'.repeat(200_000),
        }));
        await Promise.all(items.map((item) => table.put(item)));
        expect((await table.query({ pk: big })).map((item) => item.sk)).toEqual(items.map((item) => item.sk));
        expect(await table.query({ pk: big, limit: 9 })).toHaveLength(9);
      });
    });
  });

  describe(`${what}: transactions`, () => {
    beforeAll(open);
    const all = (...keys: Key[]): Promise<(Item | undefined)[]> => Promise.all(keys.map((at) => table.get(at)));

    it('does all of its writes, in both tables', async () => {
      const [a, b, c, d] = [key(), key(), key(), key()];
      await table.put({ ...b, n: 1 });
      await table.put({ ...c, n: 1 });
      const done = await table.transact([
        { put: { ...a, n: 1 }, when: free },
        { update: b, change: ex`SET n = ${2}`, when: ex`n = ${1}` },
        { delete: c },
        { put: { ...d, n: 1 }, in: connections },
      ]);
      expect(done).toEqual({ ok: true });
      expect(await all(a, b, c, d)).toEqual([{ ...a, n: 1 }, { ...b, n: 2 }, undefined, undefined]);
      expect(await connections.get(d)).toEqual({ ...d, n: 1 });
    });

    it('does none of them when a condition is lost, and says which and against what', async () => {
      const [a, b, c] = [key(), key(), key()];
      await table.put({ ...b, n: 1 });
      const result = await table.transact([
        { put: { ...a } },
        { put: { ...b, n: 2 }, when: free },
        { check: c, when: ex`attribute_exists(pk)` },
      ]);
      expect(result).toEqual({ ok: false, lost: [false, true, true], current: [undefined, { ...b, n: 1 }, undefined] });
      expect(await all(a, b)).toEqual([undefined, { ...b, n: 1 }]);
    });

    it('does nothing a second time for the same token', async () => {
      const at = key();
      const writes = [{ update: at, change: ex`ADD n ${1}` }];
      const token = 'a token longer than the thirty-six characters allowed';
      expect(await table.transact(writes, token)).toEqual({ ok: true });
      expect(await table.transact(writes, token)).toEqual({ ok: true });
      expect(await table.get(at)).toEqual({ ...at, n: 1 });
      expect(await table.transact(writes)).toEqual({ ok: true });
      expect(await table.get(at)).toEqual({ ...at, n: 2 });
    });

    it('lets exactly one of fifty racing transactions win', async () => {
      const [at, beside] = [key(), key()];
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, racer) =>
          table.transact([
            { put: { ...at, racer }, when: free },
            { update: beside, change: ex`ADD wins ${1}` },
          ]),
        ),
      );
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(await table.get(beside)).toEqual({ ...beside, wins: 1 });
    });
  });

  async function open(): Promise<void> {
    made ??= make();
    ({ table, connections } = await made);
  }
}
