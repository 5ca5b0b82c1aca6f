import { afterEach, describe, expect, it } from '@jest/globals';
import { noexWorld } from '../support/noex.ts';

/** What clients hear when the table has more to do than it can. */
const world = await noexWorld({
  buckets: { notes: { key: 'id', schema: { id: { type: 'string', required: true } } } },
});
const { table } = world.ports;
const throttled = Object.assign(new Error('throttled, after all retries'), { passing: true });
const refusing = new Proxy(table, { get: () => () => Promise.reject(throttled) });

afterEach(() => {
  Object.defineProperty(world.ports, 'table', { value: table, configurable: true });
  world.errors.splice(0);
});

describe('when the table is throttled', () => {
  it('requests are refused with BACKPRESSURE and when to come again, and work once it is not', async () => {
    const client = await world.connect();
    Object.defineProperty(world.ports, 'table', { value: refusing, configurable: true });
    const insert = { bucket: 'notes', data: { id: 'one' } };
    for (const [type, fields] of [
      ['store.get', { bucket: 'notes', key: 'one' }],
      ['store.insert', insert],
      ['store.transaction', { operations: [{ op: 'get', bucket: 'notes', key: 'one' }] }],
    ] as const) {
      expect(await client.ask(type, fields)).toMatchObject({
        code: 'BACKPRESSURE',
        message: expect.not.stringContaining('throttled'),
        details: { retryAfterMs: expect.any(Number) },
      });
    }
    Object.defineProperty(world.ports, 'table', { value: table, configurable: true });
    expect(await client.get('store.insert', insert)).toMatchObject({ id: 'one' });
  });
});
