import { describe, expect, it } from '@jest/globals';
import { makeWorld } from '../support/world.ts';

const world = await makeWorld();
const { http, clock, ports, calls } = world;

let count = 0;
const signIn = () => world.signIn(`user-${++count}@example.com`);
const shown = async (as: string) => {
  const { status, body } = await http('GET', '/api/v2/sessions', { as });
  return [status, body.errorCode ?? 'success'];
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a session key', () => {
  it('is checked with one read of session and user', async () => {
    const { sessionKey } = await signIn();
    calls.length = 0;
    await http('GET', '/api/v2/procedures', { as: sessionKey });
    expect(calls.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
  });

  it.each([
    ['garbage', 'garbage'],
    ['nothing', ''],
    ['another version', 'vSK2.YQ==.YQ==.YQ==.MQ=='],
    ['too few parts', 'vSK1.YQ==.YQ==.YQ=='],
    ['too many parts', 'vSK1.YQ==.YQ==.YQ==.MQ==.YQ=='],
    ['parts that are no base64', 'vSK1.YQ==.???.YQ==.MQ=='],
    ['an expiry that is none', `vSK1.YQ==.YQ==.YQ==.${base64('soon')}`],
    ['endless parts', `vSK1.${'YWFh'.repeat(1_000)}.YQ==.YQ==.MQ==`],
    ['a token where no issuer is configured', 'aaa.bbb.ccc'],
  ])('that is %s cannot be read', async (_, key) => {
    expect(await shown(key)).toEqual([400, 'unacceptable_session_key']);
  });

  it('is not a connection key', async () => {
    const address = `user-${++count}@example.com`;
    const { body } = await http('POST', '/api/v2/login', { body: { address, addressType: 'email' } });
    const code = world.outbox.messages.at(-1)?.code;
    const { userId, requestId } = body;
    const session = await http('POST', '/api/v2/completeLogin', { body: { userId, requestId, code } });
    expect(await shown(session.body.connectionKey)).toEqual([400, 'unacceptable_session_key']);
  });

  it('is not an API key', async () => {
    expect(await shown('mc_live_0123456789abcdef0123456789abcdef')).toEqual([403, 'invalid_key']);
  });

  it('does not hold with another secret, session or user', async () => {
    const { sessionKey } = await signIn();
    const parts = sessionKey.split('.');
    for (const at of [1, 2, 3]) {
      const forged = parts.map((part, index) => (index === at ? base64('something else') : part)).join('.');
      expect(await shown(forged)).toEqual([403, 'invalid_key']);
    }
  });

  it('may say what it likes of its expiry: only the stored one counts', async () => {
    const { sessionKey } = await signIn();
    const parts = sessionKey.split('.').slice(0, 4);
    const forever = [...parts, base64('Infinity')].join('.');
    const past = [...parts, base64('1')].join('.');
    expect([await shown(past), await shown(forever)]).toEqual([
      [200, 'success'],
      [200, 'success'],
    ]);
    clock.advance(14 * 24 * 60 * 60_000);
    expect(await shown(forever)).toEqual([401, 'session_expired']);
  });

  it('is refused as revoked before it is refused as expired', async () => {
    const { sessionKey } = await signIn();
    await http('POST', '/api/v2/logout', { as: sessionKey });
    clock.advance(15 * 24 * 60 * 60_000);
    expect(await shown(sessionKey)).toEqual([403, 'invalid_key']);
  });

  it('does not hold when its user is gone', async () => {
    const { sessionKey, userId } = await signIn();
    await ports.table.delete({ pk: `USER#${userId}`, sk: 'USER' });
    expect(await shown(sessionKey)).toEqual([403, 'invalid_key']);
  });

  it('does not help a banned user', async () => {
    const { sessionKey, userId } = await signIn();
    const ban = { text: 'SET #b = :v0', names: { '#b': 'banTimeMs' }, values: [clock.now()] };
    await ports.table.update({ pk: `USER#${userId}`, sk: 'USER' }, ban);
    const { status, body } = await http('GET', '/api/v2/sessions', { as: sessionKey });
    expect([status, body.errorCode, body.banReason]).toEqual([403, 'user_is_banned', null]);
  });

  it('counts only behind exactly "Bearer "', async () => {
    const { sessionKey } = await signIn();
    for (const authorization of [sessionKey, `bearer ${sessionKey}`, `Basic ${sessionKey}`, `Bearer${sessionKey}`]) {
      const { status, body } = await http('GET', '/api/v2/sessions', { headers: { authorization } });
      expect([status, body.errorCode]).toEqual([401, 'not_logged_in']);
    }
    const inQuery = await http('GET', `/api/v2/sessions?access_token=${encodeURIComponent(sessionKey)}`);
    expect(inQuery.status).toBe(401);
  });

  it('that is sent and bad is refused where none is needed', async () => {
    const answer = await http('POST', '/api/v2/login', {
      body: { address: 'alice@example.com', addressType: 'email' },
      as: 'garbage',
    });
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'unacceptable_session_key']);
    expect((await http('GET', '/health', { as: 'garbage' })).status).toBe(401);
  });
});
