import { afterAll, describe, expect, it } from '@jest/globals';
import { base64 } from '../../functions/core/base64.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';
import type { SignedIn } from '../support/world.ts';

/** Nobody closes sockets from outside here: the job that does is never run. So each message must see for itself. */
const world = await casualosWorld({ anonymous: new Set(['insts']) });
const { advance, ask, open, tell } = world;

afterAll(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const count = { type: 'repo/connection_count', recordName: null, inst: null, branch: null };
const revoke = ({ userId, sessionId, sessionKey }: SignedIn) =>
  world.http('POST', '/api/v2/revokeSession', { body: { userId, sessionId }, as: sessionKey });

async function expectsTheEnd(client: Client, errorCode: string, message: object = count) {
  expect(await ask(client, [1, 9, message])).toMatchObject([[5, -1, { success: false, errorCode }]]);
  expect(world.isOpen(client)).toBe(false);
  await world.settled();
  expect(await world.ports.connections.query({ pk: `CONN#${client.id}` })).toEqual([]);
}

describe('a message before the login', () => {
  it('is refused with the branch it names, and ends the socket', async () => {
    const about = { recordName: null, inst: 'i', branch: 'b' };
    const client = await open();
    const [[, , info]] = await ask(client, [1, 1, { type: 'repo/get_updates', ...about }]);
    expect(info).toMatchObject({ errorCode: 'invalid_connection_state', ...about });
    expect(world.isOpen(client)).toBe(false);
    await expectsTheEnd(await open(), 'invalid_connection_state');
  });

  it('that cannot be read is told so, and the socket stays open', async () => {
    const client = await open();
    expect(await ask(client, [1, 3, { type: 'repo/get_updates', inst: 7 }])).toMatchObject([
      [5, 3, { errorCode: 'unacceptable_request' }],
    ]);
    expect(world.isOpen(client)).toBe(true);
  });

  it('counts by who is first where they are sent at once', async () => {
    for (let n = 0; n < 10; n++) {
      const client = await open();
      await Promise.all([tell(client, { type: 'login', connectionId: 'me' }), tell(client, count)]);
      const counted = client.heard.some((event) => JSON.stringify(event).includes('"count"'));
      expect(world.isOpen(client)).toBe(counted);
      if (counted) client.close();
    }
    await world.settled();
  });
});

describe('a session that is revoked while its socket is open', () => {
  it('is refused from the next message on, and the socket ends', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    await revoke(ann);
    await expectsTheEnd(client, 'invalid_token');
  });

  it('is refused two seconds later at the latest, where a message came just before', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    expect(await tell(client, count)).toMatchObject([{ type: 'repo/connection_count' }]);
    await revoke(ann);
    advance(2_001);
    await expectsTheEnd(client, 'invalid_token');
  });

  it('leaves the sockets of its user’s other sessions, and anonymous ones', async () => {
    const [ann, bob] = [await world.person(), await world.person()];
    const clients = [await world.loggedIn(bob), await world.loggedIn()];
    await revoke(ann);
    advance(2_001);
    for (const one of clients) expect(await tell(one, count)).toMatchObject([{ type: 'repo/connection_count' }]);
  });

  it('lets the socket log in as somebody else', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    await revoke(ann);
    expect(await tell(client, { type: 'login', connectionId: 'nobody' })).toMatchObject([{ success: true }]);
    expect(await tell(client, count)).toMatchObject([{ type: 'repo/connection_count' }]);
  });
});

describe('a session that ends otherwise', () => {
  it('ends its sockets: with all others, by expiry, by a ban', async () => {
    const [ann, bob, eve] = [await world.person(), await world.person(), await world.person()];
    const sockets = [await world.loggedIn(ann), await world.loggedIn(bob)] as const;
    await world.http('POST', '/api/v2/revokeAllSessions', { body: { userId: ann.userId }, as: ann.sessionKey });
    await expectsTheEnd(sockets[0], 'invalid_token');
    const ban = { text: 'SET #b = :v0', names: { '#b': 'banTimeMs' }, values: [1] };
    await world.ports.table.update({ pk: `USER#${bob.userId}`, sk: 'USER' }, ban);
    await expectsTheEnd(sockets[1], 'user_is_banned');
    const late = await world.loggedIn(eve);
    const session = { pk: `USER#${eve.userId}`, sk: `SESSION#${eve.sessionId}` };
    const past = { text: 'SET #e = :v0', names: { '#e': 'expireTimeMs' }, values: [world.ports.clock.now()] };
    await world.ports.table.update(session, past);
    await expectsTheEnd(late, 'session_expired');
  });
});

it('the number of all connections is asked for without naming a branch', async () => {
  const [[before]] = [await tell(await world.loggedIn(), count)];
  const clients = await Promise.all([1, 2, 3].map(() => world.loggedIn()));
  expect(await tell(await world.loggedIn(), count)).toMatchObject([{ ...count, count: before.count + 4 }]);
  for (const one of clients) one.close();
});

it('a record may be named by a key of it, which is told to nobody', async () => {
  const recordName = `vRK2.${base64('some record')}.${base64('secret')}.subjectless`;
  const client = await world.loggedIn(await world.person());
  const message = { type: 'repo/get_updates', recordName, inst: 'i', branch: 'b' };
  const [[type, id, info]] = await ask(client, [1, 5, message]);
  expect([type, id, info.recordName]).toEqual([5, -1, 'some record']);
});
