import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld(app, { adminAddresses: new Set(['admin@example.com']) });
const admin = await world.signedIn('admin@example.com');
const user = await world.signedIn('user@example.com');
afterEach(() => expect(world.errors).toEqual([]));

const steps = [
  { action: 'store.count', bucket: 'users', as: 'users' },
  { action: 'if', condition: { ref: 'users', operator: 'gt', value: 3 }, then: [{ action: 'return', value: 'many' }] },
];
const procedure = { name: 'size', description: 'How many', steps };
const code = (answer: { code?: string; type: string }) => answer.code ?? answer.type;

describe('procedures.register', () => {
  it('keeps what was given; administrators list it, users look at it by its name', async () => {
    expect(await admin.get('procedures.register', { procedure })).toEqual({ name: 'size', registered: true });
    expect(await user.get('procedures.get', { name: 'size' })).toEqual(procedure);
    expect(await admin.get('procedures.list')).toEqual({
      procedures: [{ name: 'size', description: 'How many', stepsCount: 2 }],
    });
  });

  it('refuses a name that is taken, and says all that is wrong', async () => {
    expect(await admin.refusal('procedures.register', { procedure })).toBe('ALREADY_EXISTS');
    const answer = await admin.ask('procedures.register', { procedure: { name: '', steps: [{ action: 'dance' }] } });
    expect(answer.code).toBe('VALIDATION_ERROR');
    expect(answer.details.issues).toEqual([
      expect.stringContaining('name'),
      expect.stringContaining('steps[0].action'),
    ]);
    expect(await admin.refusal('procedures.register')).toBe('VALIDATION_ERROR');
    const long = { ...procedure, name: 'x'.repeat(201) };
    expect(await admin.refusal('procedures.register', { procedure: long })).toBe('VALIDATION_ERROR');
  });

  it('raced by twenty is won by one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        admin.ask('procedures.register', { procedure: { ...procedure, name: 'race', description: `${n}` } }),
      ),
    );
    expect(answers.map(code).sort()).toEqual([...Array(19).fill('ALREADY_EXISTS'), 'result']);
    const winner = answers.findIndex(({ type }) => type === 'result');
    expect((await admin.get('procedures.get', { name: 'race' })).description).toBe(`${winner}`);
  });
});

describe('procedures.update', () => {
  it('replaces parts and keeps the rest, the name among them', async () => {
    const updates = { name: 'other', timeoutMs: 100 };
    expect(await admin.get('procedures.update', { name: 'size', updates })).toEqual({ name: 'size', updated: true });
    expect(await admin.get('procedures.get', { name: 'size' })).toEqual({ ...procedure, timeoutMs: 100 });
  });

  it('refuses what would not work, and what is not there', async () => {
    const answer = await admin.ask('procedures.update', { name: 'size', updates: { steps: [] } });
    expect(answer).toMatchObject({ code: 'VALIDATION_ERROR', details: { issues: [expect.any(String)] } });
    expect(await admin.refusal('procedures.update', { name: 'size' })).toBe('VALIDATION_ERROR');
    expect(await admin.refusal('procedures.update', { name: 'nothing', updates: {} })).toBe('NOT_FOUND');
  });

  it('of twenty different parts at once loses none', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        admin.get('procedures.update', { name: 'race', updates: { [`note${n}`]: n } }),
      ),
    );
    expect(Object.keys(await admin.get('procedures.get', { name: 'race' }))).toHaveLength(23);
  });
});

describe('procedures.unregister', () => {
  it('forgets it, once', async () => {
    expect(await admin.get('procedures.unregister', { name: 'race' })).toEqual({ name: 'race', unregistered: true });
    expect(await admin.refusal('procedures.unregister', { name: 'race' })).toBe('NOT_FOUND');
    expect(await admin.refusal('procedures.get', { name: 'race' })).toBe('NOT_FOUND');
    expect(await admin.refusal('procedures.call', { name: 'race' })).toBe('NOT_FOUND');
  });
});

it.each([
  ['procedures.call', {}],
  ['procedures.get', {}],
  ['procedures.update', { updates: {} }],
  ['procedures.unregister', {}],
])('%s knows none of a name that nothing can have', async (type, fields) => {
  expect(await admin.refusal(type, { name: 'p'.repeat(3_000), ...fields })).toBe('NOT_FOUND');
});

it.each([
  ['procedures.register', { procedure }],
  ['procedures.update', { name: 'size', updates: {} }],
  ['procedures.unregister', { name: 'size' }],
  ['procedures.list', {}],
])('a user is refused %s', async (type, fields) => {
  expect(await user.refusal(type, fields)).toBe('FORBIDDEN');
});
