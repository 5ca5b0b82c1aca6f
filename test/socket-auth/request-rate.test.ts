import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { noexWorld } from '../support/noex.ts';

/** Time stands still but for what a test puts it forward by; the first so many requests are taken. */
const windowMs = 60_000;
const world = await noexWorld({
  auth: { required: false, permissions: { check: (_, operation) => operation !== 'store.buckets' } },
  rateLimit: { maxRequests: 20, windowMs },
  buckets: { notes: { key: 'id', schema: { id: { type: 'string', required: true } } } },
});
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

const codesOf = (answers: readonly { code?: string; type: string }[]) => answers.map(({ code, type }) => code ?? type);
const times = <T>(n: number, each: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, at) => each(at)));

describe('a limit of twenty requests', () => {
  it('takes twenty of thirty that are sent at once over several connections, and says when there is room again', async () => {
    const { sessionKey: token } = await world.person('ann@example.com');
    const clients = await times(3, async () => {
      const client = await world.connect();
      await client.get('auth.login', { token });
      return client;
    });
    world.advance(windowMs);
    const answers = (await times(10, () => Promise.all(clients.map((one) => one.ask('auth.whoami'))))).flat();
    expect(codesOf(answers).filter((code) => code === 'result')).toHaveLength(20);
    const refusals = answers.filter(({ type }) => type === 'error');
    expect(new Set(codesOf(refusals))).toEqual(new Set(['RATE_LIMITED']));
    for (const { details, message } of refusals) {
      expect(details.retryAfterMs).toBeGreaterThan(0);
      expect(details.retryAfterMs).toBeLessThanOrEqual(windowMs);
      expect(message).toBe(`Rate limit exceeded. Retry after ${details.retryAfterMs}ms`);
    }
  });

  it('is a window that slides: as many are taken again as have left it', async () => {
    const client = await world.signedIn('slides@example.com');
    world.advance(windowMs);
    await times(12, () => client.get('auth.whoami'));
    world.advance(windowMs / 2);
    await times(8, () => client.get('auth.whoami'));
    expect(await client.refusal('auth.whoami')).toBe('RATE_LIMITED');
    world.advance(windowMs / 2);
    const codes = codesOf(await times(20, () => client.ask('auth.whoami')));
    expect(codes.filter((code) => code === 'result')).toHaveLength(12);
    world.advance(windowMs / 2);
    expect(codesOf(await times(10, () => client.ask('auth.whoami'))).filter((code) => code === 'result')).toHaveLength(
      8,
    );
  });

  it('takes the next one just when it said that it would', async () => {
    const client = await world.signedIn('punctual@example.com');
    world.advance(windowMs);
    await times(20, () => client.get('auth.whoami'));
    const { details } = await client.ask('auth.whoami');
    world.advance(details.retryAfterMs);
    expect((await client.ask('auth.whoami')).type).toBe('result');
  });

  it('does not count what is malformed, refused by permissions, unknown, or refused for being too much', async () => {
    const client = await world.signedIn('mistaken@example.com');
    world.advance(windowMs);
    await times(15, () => client.refusal('store.buckets'));
    await times(15, () => client.refusal('store.dance'));
    await times(15, () => world.direct(client.socket, '{"id":1}'));
    await times(15, () => world.direct(client.socket, '{"type":"pong","timestamp":1}'));
    expect(new Set(codesOf(await times(20, () => client.ask('auth.whoami'))))).toEqual(new Set(['result']));
    expect(await client.refusal('auth.whoami')).toBe('RATE_LIMITED');
    world.advance(windowMs);
    expect((await client.ask('auth.whoami')).type).toBe('result');
  });

  it('counts what fails later on', async () => {
    const client = await world.signedIn('unlucky@example.com');
    world.advance(windowMs);
    await times(10, () => client.refusal('store.get', { bucket: 'nowhere', key: 'x' }));
    await times(10, () => client.refusal('store.get', { bucket: 'notes' }));
    expect(await client.refusal('store.get', { bucket: 'notes', key: 'x' })).toBe('RATE_LIMITED');
  });

  it('is one for all at an address who are not signed in, and another for each user', async () => {
    world.advance(windowMs);
    const [one, two] = [await world.connect(), await world.connect()];
    await times(10, () => Promise.all([one.get('auth.whoami'), two.get('auth.whoami')]));
    expect(await one.refusal('auth.login', { token: 'x' })).toBe('RATE_LIMITED');
    const elsewhere = await world.connect({ ip: '203.0.113.77' });
    expect((await elsewhere.ask('auth.whoami')).type).toBe('result');
  });

  it('keeps a refused request from taking effect, and does not put off the next one for it', async () => {
    world.advance(windowMs);
    const client = await world.signedIn('patient@example.com');
    world.advance(windowMs);
    await times(20, () => client.get('auth.whoami'));
    const { details: first } = await client.ask('auth.whoami');
    const { details: second } = await client.ask('auth.whoami');
    expect(second.retryAfterMs).toBeLessThanOrEqual(first.retryAfterMs);
    expect(await client.refusal('store.insert', { bucket: 'notes', data: { id: 'late' } })).toBe('RATE_LIMITED');
    world.advance(windowMs);
    expect(await client.get('store.get', { bucket: 'notes', key: 'late' })).toBeNull();
  });
});

describe('the example application', () => {
  it('limits the role limited to 20 requests in 3 seconds, and nobody else', async () => {
    const shop = await noexWorld(app, { adminAddresses: new Set(['admin@example.com']) });
    const limited = await shop.signedIn('bob@limited.example');
    shop.advance(3_000);
    const codes = codesOf(await times(30, () => limited.ask('store.count', { bucket: 'users' })));
    expect(codes.filter((code) => code === 'result')).toHaveLength(20);
    shop.advance(3_000);
    expect((await limited.ask('store.count', { bucket: 'users' })).type).toBe('result');
    const free = await shop.signedIn('ann@example.com');
    expect(new Set(codesOf(await times(30, () => free.ask('store.count', { bucket: 'users' }))))).toEqual(
      new Set(['result']),
    );
  });
});
