import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, ruleNamed, rulesWorld } from '../support/rules.ts';

const world = await rulesWorld();
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const set = (key: string, value: unknown) => client.get('rules.setFact', { key, value });
const keysMatching = async (pattern: string): Promise<string[]> =>
  (await client.get('rules.queryFacts', { pattern })).map(({ key }: { key: string }) => key);

describe('a fact', () => {
  it('is counted up with every set, and from 1 again after it was deleted', async () => {
    expect(await set('f:1', { a: [1e308, 5e-324, null] })).toEqual({
      key: 'f:1',
      value: { a: [1e308, 5e-324, null] },
      timestamp: expect.any(Number),
      source: 'api',
      version: 1,
    });
    expect(await set('f:1', null)).toMatchObject({ value: null, version: 2 });
    expect(await client.get('rules.getFact', { key: 'f:1' })).toBeNull();
    expect(await client.get('rules.deleteFact', { key: 'f:1' })).toEqual({ deleted: true });
    expect(await client.get('rules.deleteFact', { key: 'f:1' })).toEqual({ deleted: false });
    expect(await set('f:1', false)).toMatchObject({ version: 1 });
    expect(await client.get('rules.getFact', { key: 'f:1' })).toBe(false);
    expect(await client.get('rules.getFact', { key: 'nothing' })).toBeNull();
  });

  it('that many set at the same time gets every version once', async () => {
    const facts = await Promise.all(Array.from({ length: 20 }, (_, at) => set('raced', at)));
    expect(facts.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    const last = facts.find(({ version }) => version === 20);
    expect(await client.get('rules.queryFacts', { pattern: 'raced' })).toEqual([last]);
  });

  it.each([
    ['rules.setFact', { key: 'a' }],
    ['rules.setFact', { value: 1 }],
    ['rules.setFact', { key: '', value: 1 }],
    ['rules.setFact', { key: 'x'.repeat(513), value: 1 }],
    ['rules.getFact', {}],
    ['rules.getFact', { key: 1 }],
    ['rules.deleteFact', { key: null }],
    ['rules.queryFacts', {}],
    ['rules.queryFacts', { pattern: '' }],
  ])('is refused by %s with %j', async (type, fields) => {
    expect(await client.refusal(type, fields)).toBe('VALIDATION_ERROR');
  });
});

describe('facts', () => {
  it('are found by patterns, segment by segment, sorted by key', async () => {
    for (const key of ['user:2', 'user:1', 'user:1:name', 'user:1:age', 'team:1', 'user', 'user*', 'users:1']) {
      await set(key, key);
    }
    expect(await keysMatching('user:*')).toEqual(['user:1', 'user:2']);
    expect(await keysMatching('user:1:*')).toEqual(['user:1:age', 'user:1:name']);
    expect(await keysMatching('user:*:name')).toEqual(['user:1:name']);
    expect(await keysMatching('*:1')).toEqual(['f:1', 'team:1', 'user:1', 'users:1']);
    expect(await keysMatching('*')).toEqual(['raced', 'user', 'user*']);
    expect(await keysMatching('user*')).toEqual(['user*']);
    expect(await keysMatching('user')).toEqual(['user']);
    expect(await keysMatching('user:3')).toEqual([]);
    const all = await client.get('rules.getAllFacts');
    expect(all.map(({ key }: { key: string }) => key)).toEqual(
      ['f:1', 'raced', 'user:2', 'user:1', 'user:1:name', 'user:1:age', 'team:1', 'user', 'user*', 'users:1'].sort(),
    );
  });

  it('set off rules, also with the same value, and not when they are deleted', async () => {
    const listener = await world.listener('customer.vip');
    await set('customer:7:spent', 999);
    await set('customer:7:spent', 1000);
    await set('customer:7:spent', 1000);
    await client.get('rules.deleteFact', { key: 'customer:7:spent' });
    const data = { key: 'customer:7:spent', spent: 1000 };
    expect(eventsOf(listener).map((event) => event.data)).toEqual([data, data]);
  });

  it('that rules set off set off rules, to the same depth as events', async () => {
    const chained = await rulesWorld({
      definitions: [
        ruleNamed('count', {
          trigger: { type: 'fact', pattern: 'chain:*' },
          actions: [
            { type: 'set_fact', key: 'chain:b', value: { ref: 'event.fact.version' } },
            { type: 'emit_event', topic: 'chained', data: { key: { ref: 'event.fact.key' } } },
          ],
        }),
      ],
    });
    const listener = await chained.listener('chained');
    const somebody = await chained.connect();
    await somebody.get('rules.setFact', { key: 'chain:a', value: 'a' });
    expect(eventsOf(listener)).toHaveLength(10);
    const [fact] = await somebody.get('rules.queryFacts', { pattern: 'chain:b' });
    expect(fact).toMatchObject({ version: 10, source: 'rule' });
    expect(chained.errors).toEqual([]);
  });
});
