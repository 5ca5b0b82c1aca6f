import { describe, expect, it } from '@jest/globals';
import type { Table } from '../../functions/core/table.ts';
import { type Happened, isLinearizable } from '../support/history.ts';
import { randomHistory, slowly } from '../support/store-histories.ts';
import { type Answer, type Asked, storeModel } from '../support/store-model.ts';

/**
 * Whatever five clients ask at the same time is answered as if each request had been done in one moment, whole. More
 * histories: HISTORIES=100, others: FIRST_HISTORY=1000.
 */
const histories = Number(process.env.HISTORIES ?? 6);
const first = Number(process.env.FIRST_HISTORY ?? 1);

const isFine = (history: readonly (readonly Happened<Asked, Answer>[])[]) => isLinearizable(storeModel, history);

describe('random histories', () => {
  it.each(Array.from({ length: histories }, (_, n) => first + n))(
    'of single operations and transactions are serializable in real time (%i)',
    async (seed) => {
      const history = await randomHistory(seed);
      expect(history.flat().length).toBeGreaterThan(200);
      expect(isFine(history)).toBe(true);
    },
  );

  /** What must be noticed: in one of three histories it shows for certain. */
  async function areFine(change: (table: Table, random: () => number) => Table): Promise<boolean> {
    for (let seed = 1; seed <= 3; seed++) if (!isFine(await randomHistory(seed, change))) return false;
    return true;
  }

  it('of a reader that now and then sees what was there before are not', async () => {
    const forgetful = (table: Table, random: () => number): Table => {
      const before = new Map<string, Awaited<ReturnType<Table['get']>>>();
      const get: Table['get'] = async (key) => {
        const item = await table.get(key);
        const old = before.get(JSON.stringify(key));
        before.set(JSON.stringify(key), item);
        return key.pk.startsWith('ROW#') && random() < 0.2 ? old : item;
      };
      return slowly(Object.assign(Object.create(table), { get }), random);
    };
    expect(await areFine(forgetful)).toBe(false);
  });

  it('of a writer that does not look whether anything has changed are not', async () => {
    const careless = (table: Table, random: () => number): Table => {
      const put: Table['put'] = (item) => table.put(item);
      return slowly(Object.assign(Object.create(table), { put }), random);
    };
    expect(await areFine(careless)).toBe(false);
  });

  it('of transactions that write one record after the other are not', async () => {
    const hasty = (table: Table, random: () => number): Table => {
      const transact: Table['transact'] = async (writes) => {
        for (const write of writes) {
          const done = await table.transact([write]);
          if (!done.ok) return { ok: false, lost: writes.map((one) => one === write), current: [] };
        }
        return { ok: true };
      };
      return slowly(Object.assign(Object.create(table), { transact }), random);
    };
    expect(await areFine(hasty)).toBe(false);
  });
});

describe('a history', () => {
  const record = (v: string, version: number) => ({ id: 'a', v, tag: null, version });
  const insert = { op: 'insert', at: 'plain/a', v: '1', tag: null } as const;
  const get = { op: 'get', at: 'plain/a' } as const;
  const update = { op: 'update', at: 'plain/a', v: '2' } as const;

  it('may have things done in any order that their times leave open', () => {
    const writing = [{ start: 1, end: 5, asked: insert, answer: record('1', 1) }];
    expect(isFine([writing, [{ start: 2, end: 3, asked: get, answer: null }]])).toBe(true);
    expect(isFine([writing, [{ start: 2, end: 3, asked: get, answer: record('1', 1) }]])).toBe(true);
    expect(isFine([writing, [{ start: 6, end: 7, asked: get, answer: null }]])).toBe(false);
    expect(isFine([writing, [{ start: 2, end: 3, asked: get, answer: record('2', 1) }]])).toBe(false);
  });

  it('does not go back', () => {
    const writing = [{ start: 1, end: 9, asked: insert, answer: record('1', 1) }];
    const reading = [
      { start: 2, end: 3, asked: get, answer: record('1', 1) },
      { start: 4, end: 5, asked: get, answer: null },
    ];
    expect(isFine([writing, reading])).toBe(false);
  });

  it('may have in it what was begun and perhaps not done', () => {
    const writing = [
      { start: 1, end: 2, asked: insert, answer: record('1', 1) },
      { start: 3, end: 4, asked: update, answer: undefined },
    ];
    const reading = (v: string, version: number) => [{ start: 5, end: 6, asked: get, answer: record(v, version) }];
    expect(isFine([writing, reading('1', 1)])).toBe(true);
    expect(isFine([writing, reading('2', 2)])).toBe(true);
    expect(isFine([writing, reading('2', 3)])).toBe(false);
  });

  it('has transactions done whole', () => {
    const both = { op: 'transaction', steps: [get, update] } as const;
    const lost = [
      [{ start: 1, end: 2, asked: insert, answer: record('1', 1) }],
      [{ start: 3, end: 8, asked: both, answer: [record('1', 1), record('2', 2)] }],
      [{ start: 4, end: 7, asked: both, answer: [record('1', 1), record('2', 2)] }],
    ];
    expect(isFine(lost)).toBe(false);
    expect(isFine(lost.slice(0, 2))).toBe(true);
  });
});
