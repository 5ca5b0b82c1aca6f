import { afterEach, describe, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import { noexWorld } from '../support/noex.ts';

/** What clients hear when the table has more to do than it can. */
const world = await noexWorld({
  buckets: { notes: { key: 'id', schema: { id: { type: 'string', required: true } } } },
});
const { table, connections } = world.ports;
const throttled = Object.assign(new Error('throttled, after all retries'), { passing: true });
const refuse = () => Promise.reject(throttled);
const refusing: Partial<Ports> = {
  table: new Proxy(table, { get: (target, name) => (name === 'name' ? target.name : refuse) }),
  connections: {
    ...connections,
    batchGet: (keys) => (keys.some((key) => key.in) ? refuse() : connections.batchGet(keys)),
  },
};
function put(ports: Partial<Ports>): void {
  for (const [name, value] of Object.entries(ports)) {
    Object.defineProperty(world.ports, name, { value, configurable: true });
  }
}

afterEach(() => {
  put({ table, connections });
  world.errors.splice(0);
});

describe('when the table is throttled', () => {
  it('requests are refused with BACKPRESSURE and when to come again, and work once it is not', async () => {
    const client = await world.connect();
    put(refusing);
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
    put({ table, connections });
    expect(await client.get('store.insert', insert)).toMatchObject({ id: 'one' });
  });
});
