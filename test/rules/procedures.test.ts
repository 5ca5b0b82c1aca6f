import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';
import { eventsOf, rulesWorld, topicsOf } from '../support/rules.ts';

const world = await rulesWorld(app.rules, { buckets: app.buckets ?? {} });
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const steps = [
  { action: 'store.insert', bucket: 'claims', data: { id: '{{ input.id }}' }, as: 'claim' },
  { action: 'rules.setFact', key: 'customer:{{ input.id }}:spent', value: 2000, as: 'fact' },
  { action: 'rules.getFact', key: 'customer:{{ input.id }}:spent', as: 'spent' },
  { action: 'rules.emit', topic: 'user.registered', data: { userId: '{{ input.id }}' }, as: 'event' },
  { action: 'store.insert', bucket: 'claims', data: { id: '{{ input.twice }}' } },
];

describe.each([[false], [true]])('a procedure with steps of rules (transaction: %s)', (transaction) => {
  const name = `p-${transaction}`;
  const input = { id: { type: 'string' }, twice: { type: 'string' } };

  it('emits, sets facts, and is answered when the rules have run', async () => {
    await client.get('procedures.register', { procedure: { name, input, steps, transaction } });
    const listener = await world.listener('customer.*', 'user.*');
    const id = `done-${transaction}`;
    const { results } = await client.get('procedures.call', { name, input: { id, twice: `${id}-2` } });
    expect(results).toMatchObject({
      fact: { version: 1, source: 'api' },
      spent: 2000,
      event: { topic: 'user.registered', source: 'api' },
    });
    expect(await client.get('rules.getFact', { key: `user:${id}:registered` })).toBe(true);
    expect(topicsOf(listener)).toEqual(['customer.vip', 'user.registered', 'user.welcomed']);
  });

  it(`tells the rules ${transaction ? 'nothing' : 'what came before'} when a step fails`, async () => {
    const listener = await world.listener('customer.*', 'user.*');
    const id = `failed-${transaction}`;
    expect(await client.refusal('procedures.call', { name, input: { id, twice: id } })).toBe('ALREADY_EXISTS');
    expect(eventsOf(listener)).toHaveLength(transaction ? 0 : 3);
  });
});

it('a procedure of an application without rules says so', async () => {
  const bare = await noexWorld({ auth: { required: false, permissions: { check: () => true } } });
  const somebody = await bare.connect();
  const procedure = { name: 'p', steps: [{ action: 'rules.emit', topic: 'a' }] };
  await somebody.get('procedures.register', { procedure });
  expect(await somebody.refusal('procedures.call', { name: 'p' })).toBe('RULES_NOT_AVAILABLE');
});
