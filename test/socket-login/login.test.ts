import { afterAll, describe, expect, it } from '@jest/globals';
import { anyDoor } from '../support/any-door.ts';
import { casualosWorld } from '../support/casualos.ts';
import { connectionToken } from '../support/connection-token.ts';

const world = await casualosWorld();
const { tell, open, person } = world;

afterAll(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const rowOf = async (id: string) => world.ports.connections.get({ pk: `CONN#${id}`, sk: 'CONN' });
const loginOf = async (id: string) => JSON.parse(String((await rowOf(id))?.login));

/** A token with one of its parts (0: the version) as it should not be. */
function forged(token: string, at: number, part: string): string {
  return token
    .split('.')
    .map((given, index) => (index === at ? part : given))
    .join('.');
}

describe('a login', () => {
  it('with an id alone is anonymous, under that id', async () => {
    const client = await open();
    const info = { userId: null, sessionId: null, connectionId: 'my own id' };
    expect(await tell(client, { type: 'login', connectionId: 'my own id' })).toEqual([
      { type: 'login_result', success: true, info },
    ]);
    expect(await loginOf(client.id)).toEqual(info);
    expect(await rowOf(client.id)).not.toHaveProperty('identity');
  });

  it('with a token is somebody signed in, and the token says for which inst', async () => {
    const { connectionKey, userId, sessionId } = await person();
    for (const recordName of ['a record', null]) {
      const client = await open();
      const token = connectionToken(connectionKey, { connectionId: 'one', recordName, inst: 'ä#/inst' });
      const info = { userId, sessionId, connectionId: 'one' };
      expect(await tell(client, { type: 'login', connectionToken: token, connectionId: 'another' })).toEqual([
        { type: 'login_result', success: true, info },
      ]);
      expect(await loginOf(client.id)).toEqual({ ...info, scope: { recordName, inst: 'ä#/inst' } });
      expect(await rowOf(client.id)).toMatchObject({
        gsi1pk: `USER#${userId}`,
        gsi1sk: expect.stringMatching(/^session#/),
      });
    }
  });

  it.each([
    ['neither token nor id', {}],
    ['an empty id', { connectionId: '' }],
    ['null for both', { connectionId: null, connectionToken: null }],
    ['an id without end', { connectionId: 'x'.repeat(1_025) }],
  ])('with %s says what is missing, and the next one may succeed', async (_, message) => {
    const client = await open();
    expect(await tell(client, { type: 'login', ...message })).toEqual([
      {
        type: 'login_result',
        success: false,
        errorCode: 'unacceptable_connection_id',
        errorMessage: expect.any(String),
      },
    ]);
    expect(await rowOf(client.id)).not.toHaveProperty('login');
    expect(await tell(client, { type: 'login', connectionId: 'me' })).toMatchObject([{ success: true }]);
  });

  it('whose fields are none is refused like any message', async () => {
    const client = await open();
    expect(await world.ask(client, [1, 5, { type: 'login', connectionId: 5 }])).toEqual([
      [5, 5, expect.objectContaining({ errorCode: 'unacceptable_request', issues: [expect.anything()] })],
    ]);
  });

  it('replaces the one before, with whoever that was', async () => {
    const [ann, bob] = [await person(), await person()];
    const client = await world.loggedIn(ann);
    const token = connectionToken(bob.connectionKey, { connectionId: 'bob' });
    await tell(client, { type: 'login', connectionToken: token });
    expect(await rowOf(client.id)).toMatchObject({ gsi1pk: `USER#${bob.userId}` });
    await tell(client, { type: 'login', connectionId: 'nobody' });
    const row = await rowOf(client.id);
    expect(JSON.parse(String(row?.login))).toEqual({ connectionId: 'nobody', userId: null, sessionId: null });
    for (const field of ['identity', 'gsi1pk', 'gsi1sk']) expect(row).not.toHaveProperty(field);
  });

  it('that fails leaves the one before', async () => {
    const client = await world.loggedIn(undefined, { connectionId: 'first' });
    expect(await tell(client, { type: 'login', connectionToken: 'vCT1' })).toMatchObject([{ success: false }]);
    expect(await loginOf(client.id)).toMatchObject({ connectionId: 'first' });
  });

  it('counts by when it was sent, whichever is done first', async () => {
    const client = await world.loggedIn(undefined, { connectionId: 'late' });
    const { loginAt } = (await rowOf(client.id)) ?? {};
    await world.ports.connections.update(
      { pk: `CONN#${client.id}`, sk: 'CONN' },
      { text: 'SET #at = :v0', names: { '#at': 'loginAt' }, values: [Number(loginAt) + 5_000] },
    );
    expect(await tell(client, { type: 'login', connectionId: 'early' })).toMatchObject([{ success: true }]);
    expect(await loginOf(client.id)).toMatchObject({ connectionId: 'late' });
  });

  it('of a socket that is gone leaves nothing behind', async () => {
    const client = await open();
    client.close();
    await world.settled();
    await world.direct(client, '[1,1,{"type":"login","connectionId":"ghost"}]');
    expect(await rowOf(client.id)).toBeUndefined();
  });

  it('without a session is refused where everybody has to sign in', async () => {
    const strict = await casualosWorld({ requireSignIn: true });
    const { sessionKey } = await strict.person();
    const client = await strict.connect({ path: '/websocket', query: { access_token: sessionKey } });
    expect(await strict.tell(client, { type: 'login', connectionId: 'nobody' })).toMatchObject([
      { success: false, errorCode: 'not_logged_in' },
    ]);
  });

  it('that meets passing trouble ends the socket, so that its client comes back and tries again', async () => {
    const client = await open();
    const transact = Object.assign(new Error('throttled'), { passing: true });
    const connections = Object.create(world.ports.connections, {
      transact: { value: () => Promise.reject(transact) },
    });
    const { receive } = await import('../../functions/connections/message.ts');
    const { directEvent } = await import('../../functions/connections/socket-event.ts');
    const event = directEvent({
      requestContext: {
        eventType: 'MESSAGE',
        connectionId: client.id,
        requestId: 'throttled',
        requestTimeEpoch: world.ports.clock.now(),
      },
      body: '[1,1,{"type":"login","connectionId":"me"}]',
    });
    const ports = Object.create(world.ports, { connections: { value: connections } });
    await receive(ports, event, anyDoor, { comesAgain: false });
    expect(world.isOpen(client)).toBe(false);
    await world.settled();
    expect(world.errors.splice(0)).toEqual([transact]);
  });
});

describe('a connection token', () => {
  const refused = async (token: string) => {
    const [result] = await tell(await open(), { type: 'login', connectionToken: token });
    expect(result).toMatchObject({ type: 'login_result', success: false, errorMessage: expect.any(String) });
    return result.errorCode;
  };

  it.each([
    ['no token', 'token'],
    ['a session key', 'vSK1.YQ==.YQ==.YQ==.MQ=='],
    ['of another version', 'vCT2.YQ==.YQ==.YQ==.YQ==.YQ==.YQ=='],
    ['a part short', 'vCT1.YQ==.YQ==.YQ==.YQ==.YQ=='],
    ['a part long', 'vCT1.YQ==.YQ==.YQ==.YQ==.YQ==.YQ==.YQ=='],
    ['of parts that are no base64', 'vCT1.?.YQ==.YQ==.YQ==.YQ==.YQ=='],
    ['without a user', 'vCT1..YQ==.YQ==.YQ==.YQ==.YQ=='],
    ['without a session', 'vCT1.YQ==..YQ==.YQ==.YQ==.YQ=='],
    ['without a connection', 'vCT1.YQ==.YQ==..YQ==.YQ==.YQ=='],
    ['without its proof', 'vCT1.YQ==.YQ==.YQ==.YQ==.YQ==.'],
    ['with an id without end', `vCT1.YQ==.${'YWFh'.repeat(200)}.YQ==.YQ==.YQ==.YQ==`],
    ['without end', `vCT1.YQ==.YQ==.YQ==.YQ==.${'YWFh'.repeat(1_000)}.YQ==`],
  ])('that is %s cannot be read', async (_, token) => {
    expect(await refused(token)).toBe('unacceptable_connection_token');
  });

  it('holds for what it was made for alone', async () => {
    const [ann, eve] = [await person(), await person()];
    const token = connectionToken(ann.connectionKey, { connectionId: 'one', recordName: 'r', inst: 'i' });
    const mac = Buffer.from(token.split('.')[6] ?? '', 'base64').toString();
    const forgeries = [
      forged(token, 1, base64(eve.userId)),
      forged(token, 2, base64(eve.sessionId)),
      forged(token, 1, base64('nobody')),
      forged(token, 3, base64('two')),
      forged(token, 4, base64('r2')),
      forged(token, 4, ''),
      forged(token, 5, base64('i2')),
      forged(token, 6, base64(mac.toUpperCase())),
      forged(token, 6, base64(`${mac} `)),
      forged(token, 6, base64('0'.repeat(64))),
    ];
    for (const forgery of forgeries) expect([forgery, await refused(forgery)]).toEqual([forgery, 'invalid_token']);
    const client = await open();
    expect(await tell(client, { type: 'login', connectionToken: token })).toMatchObject([{ success: true }]);
  });

  it('does not hold once its session was revoked, alone or with all others', async () => {
    const [one, all] = [await person(), await person()];
    const { userId, sessionId } = one;
    const revoked = [
      await world.http('POST', '/api/v2/revokeSession', { body: { userId, sessionId }, as: one.sessionKey }),
      await world.http('POST', '/api/v2/revokeAllSessions', { body: { userId: all.userId }, as: all.sessionKey }),
    ];
    expect(revoked.map(({ body }) => body)).toEqual([{ success: true }, { success: true }]);
    for (const { connectionKey } of [one, all]) {
      expect(await refused(connectionToken(connectionKey, { connectionId: 'one' }))).toBe('invalid_token');
    }
  });

  it('of somebody who was banned does not hold', async () => {
    const { connectionKey, userId } = await person();
    await world.ports.table.update(
      { pk: `USER#${userId}`, sk: 'USER' },
      { text: 'SET #b = :v0', names: { '#b': 'banTimeMs' }, values: [1] },
    );
    expect(await refused(connectionToken(connectionKey, { connectionId: 'one' }))).toBe('user_is_banned');
  });

  it('does not hold when its session has expired', async () => {
    const later = await casualosWorld();
    const { connectionKey } = await later.person();
    later.advance(15 * 24 * 3_600_000);
    const message = { type: 'login', connectionToken: connectionToken(connectionKey, { connectionId: 'one' }) };
    expect(await later.tell(await later.open(), message)).toMatchObject([{ errorCode: 'session_expired' }]);
  });
});
