import { describe, expect, it } from '@jest/globals';
import { makeWorld, sessionIdIn } from '../support/world.ts';

const { http, outbox, clock, ports } = await makeWorld();

let count = 0;
async function requested(address = `user-${++count}@example.com`) {
  const { body } = await http('POST', '/api/v2/login', { body: { address, addressType: 'email' } });
  const code = outbox.messages.at(-1)?.code ?? '';
  return { userId: String(body.userId), requestId: String(body.requestId), code };
}
const complete = (input: object, ip?: string) =>
  http('POST', '/api/v2/completeLogin', { body: input, ...(ip ? { ip } : {}) });
const wrong = (code: string) => (code === '000000' ? '000001' : '000000');
const outcome = async (answer: ReturnType<typeof complete>) => {
  const { status, body } = await answer;
  return [status, body.errorCode ?? 'success'];
};

const refused = [403, 'invalid_request'];
const decoded = (part: string | undefined) => Buffer.from(part ?? '', 'base64').toString();

describe('completing a login', () => {
  it('answers with keys that clients can take apart', async () => {
    const login = await requested();
    const { status, body } = await complete(login);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      userId: login.userId,
      sessionKey: expect.any(String),
      connectionKey: expect.any(String),
      expireTimeMs: clock.now() + 14 * 24 * 60 * 60_000,
      metadata: {
        hasUserAuthenticator: false,
        userAuthenticatorCredentialIds: [],
        hasPushSubscription: false,
        pushSubscriptionIds: [],
      },
    });
    const [version, user, session, secret, expiry, ...rest] = body.sessionKey.split('.');
    expect([version, decoded(user), decoded(expiry), rest]).toEqual([
      'vSK1',
      login.userId,
      String(body.expireTimeMs),
      [],
    ]);
    expect(Buffer.from(decoded(session), 'base64')).toHaveLength(16);
    expect(Buffer.from(decoded(secret), 'base64')).toHaveLength(16);
    const [connectionVersion, connectionUser, connectionSession, connectionSecret] = body.connectionKey.split('.');
    expect([connectionVersion, connectionUser, connectionSession]).toEqual(['vCK1', user, session]);
    expect(Buffer.from(decoded(connectionSecret), 'base64')).toHaveLength(16);
    expect(connectionSecret).not.toBe(secret);
  });

  it('keeps no secret of the session in clear', async () => {
    const login = await requested();
    const { body } = await complete(login);
    const rows = JSON.stringify(await ports.table.query({ pk: `USER#${login.userId}` }));
    expect(rows).toContain(sessionIdIn(body.sessionKey));
    for (const key of [body.sessionKey, body.connectionKey]) expect(rows).not.toContain(decoded(key.split('.')[3]));
  });

  it.each([
    ['userId', 'unacceptable_user_id'],
    ['requestId', 'unacceptable_request_id'],
    ['code', 'unacceptable_code'],
  ])('refuses an empty %s', async (field, errorCode) => {
    expect(await outcome(complete({ ...(await requested()), [field]: '' }))).toEqual([400, errorCode]);
  });

  it('takes a code once', async () => {
    const login = await requested();
    expect(await outcome(complete(login))).toEqual([200, 'success']);
    expect(await outcome(complete(login))).toEqual(refused);
  });

  it('takes a code for its own request and user only', async () => {
    const [alice, bob] = [await requested(), await requested()];
    expect(await outcome(complete({ ...alice, userId: bob.userId }))).toEqual(refused);
    expect(await outcome(complete({ ...alice, requestId: 'unknown' }))).toEqual(refused);
    expect(await outcome(complete({ ...alice, code: bob.code === alice.code ? 'x' : bob.code }))).toEqual([
      403,
      'invalid_code',
    ]);
    expect(await outcome(complete(alice))).toEqual([200, 'success']);
  });

  it('takes a code from where it was asked for only, and wastes no try on others', async () => {
    const login = await requested();
    for (let at = 0; at < 6; at += 1) expect(await outcome(complete(login, '198.51.100.1'))).toEqual(refused);
    expect(await outcome(complete(login))).toEqual([200, 'success']);
  });

  it('takes a code for five minutes', async () => {
    const [late, timely] = [await requested(), await requested()];
    clock.advance(5 * 60_000 - 1);
    expect(await outcome(complete(timely))).toEqual([200, 'success']);
    clock.advance(1);
    expect(await outcome(complete(late))).toEqual(refused);
  });

  it('takes the right code as the fifth try', async () => {
    const login = await requested();
    for (let at = 0; at < 4; at += 1) {
      expect(await outcome(complete({ ...login, code: wrong(login.code) }))).toEqual([403, 'invalid_code']);
    }
    expect(await outcome(complete(login))).toEqual([200, 'success']);
  });

  it('takes nothing more after five wrong codes, not even the right one', async () => {
    const login = await requested();
    for (let at = 0; at < 5; at += 1) await complete({ ...login, code: wrong(login.code) });
    expect(await outcome(complete(login))).toEqual(refused);
  });

  it('takes the code of the newest request only', async () => {
    const address = `user-${++count}@example.com`;
    const [older, newer] = [await requested(address), await requested(address)];
    expect(await outcome(complete(older))).toEqual(refused);
    expect(await outcome(complete({ ...older, code: wrong(older.code) }))).toEqual(refused);
    expect(await outcome(complete(newer))).toEqual([200, 'success']);
  });

  it('refuses a banned user', async () => {
    const login = await requested();
    const banned = { text: 'SET #b = :v0, #r = :v1', names: { '#b': 'banTimeMs', '#r': 'banReason' } };
    const values = [clock.now(), 'terms_of_service_violation'];
    await ports.table.update({ pk: `USER#${login.userId}`, sk: 'USER' }, { ...banned, values });
    const { status, body } = await complete(login);
    expect([status, body.errorCode, body.banReason]).toEqual([403, 'user_is_banned', 'terms_of_service_violation']);
  });
});

describe('races', () => {
  it('of twenty with the right code exactly one gets a session', async () => {
    const login = await requested();
    const answers = await Promise.all(Array.from({ length: 20 }, () => outcome(complete(login))));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'invalid_request')).toHaveLength(19);
    const sessions = await ports.table.query({ pk: `USER#${login.userId}`, beginsWith: 'SESSION#' });
    expect(sessions).toHaveLength(1);
  });

  it('of twenty wrong guesses at most five are looked at', async () => {
    const login = await requested();
    const guess = { ...login, code: wrong(login.code) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => outcome(complete(guess))));
    expect(answers.filter(([, code]) => code === 'invalid_code')).toHaveLength(5);
    expect(answers.filter(([, code]) => code === 'invalid_request')).toHaveLength(15);
    expect(await outcome(complete(login))).toEqual(refused);
  });
});
