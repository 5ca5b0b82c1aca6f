import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type FakeClerk, startFakeClerk, webhookSecret } from '../support/fake-clerk.ts';
import { httpOver, type RequestOptions } from '../support/http.ts';
import { instancesOver } from '../support/instances.ts';
import { untilKilled } from '../support/mortal-ports.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
let clerk: FakeClerk;
let told = 0;
beforeAll(async () => {
  clerk = await startFakeClerk(() => world.clock.now());
});
afterAll(() => clerk.close());
beforeEach(async () => {
  world = await makeWorld({ clerk: clerk.settings });
});

const post = (request: RequestOptions) => world.http('POST', '/webhooks/clerk', request);
const tell = (event: object, id = `msg_${++told}`) => post(clerk.told(event, id));
interface Person {
  readonly id?: string;
  readonly email?: string;
  readonly status?: string | null;
  readonly name?: readonly [string | null, string | null];
  readonly at?: number;
}
const user = (type: 'created' | 'updated', person: Person = {}) => {
  const { id = 'user_1', email, status = 'verified', name = ['Ada', 'Lovelace'], at } = person;
  return {
    type: `user.${type}`,
    object: 'event',
    data: {
      id,
      first_name: name[0],
      last_name: name[1],
      primary_email_address_id: 'mail_2',
      email_addresses:
        email === undefined
          ? []
          : [
              { id: 'mail_1', email_address: 'other@example.com', verification: { status: 'verified' } },
              { id: 'mail_2', email_address: email, verification: status === null ? null : { status } },
            ],
      ...(at === undefined ? {} : { updated_at: at }),
    },
  };
};
const gone = (id = 'user_1') => ({ type: 'user.deleted', data: { id, object: 'user', deleted: true } });
const token = (sub = 'user_1', claims: object = {}) => clerk.token({ sub, ...claims });

/** Who somebody is whom others mean by an address: shown where something is shared with them. */
async function meantBy(email: string): Promise<{ id: string; name: string | null; email: string | null } | undefined> {
  const { person, project } = instancesOver(world);
  const { sessionKey: as } = await person();
  const { id } = await project(as);
  const body = { targetType: 'user', targetEmail: email, permission: 'read' };
  const { status } = await world.http('POST', `/api/projects/${id}/shares`, { body, as });
  if (status === 404) return undefined;
  const [share] = (await world.http('GET', `/api/projects/${id}/shares`, { as })).body.shares;
  return { id: share.target_id, name: share.target_name, email: share.target_email };
}
describe('what Clerk tells', () => {
  it.each<[string, (right: RequestOptions) => RequestOptions]>([
    ['without a signature', ({ body }) => ({ body })],
    ['with another body', (right) => ({ ...right, body: JSON.stringify(gone()) })],
    ['under another id', (right) => ({ ...right, headers: { ...right.headers, 'svix-id': 'msg_other' } })],
    [
      'at another time',
      (right) => ({
        ...right,
        headers: { ...right.headers, 'svix-timestamp': String(Math.floor(world.clock.now() / 1000) + 1) },
      }),
    ],
    ['with half a signature', (right) => ({ ...right, headers: { ...right.headers, 'svix-signature': 'v1,' } })],
    [
      'with a signature of another version',
      (right) => ({
        ...right,
        headers: {
          ...right.headers,
          'svix-signature': String(right.headers?.['svix-signature']).replace('v1,', 'v2,'),
        },
      }),
    ],
    [
      'signed with another secret',
      () => clerk.told(user('created', { email: 'ada@example.com' }), 'msg', { secret: 'whsec_YW5vdGhlcg==' }),
    ],
    [
      'six minutes ago',
      () => clerk.told(user('created', { email: 'ada@example.com' }), 'msg', { at: world.clock.now() - 301_000 }),
    ],
    [
      'in six minutes',
      () => clerk.told(user('created', { email: 'ada@example.com' }), 'msg', { at: world.clock.now() + 301_000 }),
    ],
  ])('%s is refused, and changes nothing', async (_, change) => {
    const right = clerk.told(user('created', { email: 'ada@example.com' }), 'msg');
    const { status, body } = await post(change(right));
    expect([status, body]).toEqual([401, { error: 'Invalid signature' }]);
    expect(await meantBy('ada@example.com')).toBeUndefined();
  });

  it('counts byte by byte, in base64 as well, and with any signature that fits', async () => {
    const text = JSON.stringify(user('created', { email: 'ada@example.com', name: ['Ådä', '🎈'] }), null, 2);
    const right = clerk.told(text, 'msg');
    const signatures = `v1,AAAA ${right.headers?.['svix-signature']} v1a,BBBB`;
    const request = { ...right, base64: true, headers: { ...right.headers, 'svix-signature': signatures } };
    expect(await post(request)).toMatchObject({ status: 200, body: { received: true } });
    expect((await meantBy('ada@example.com'))?.name).toBe('Ådä 🎈');
  });

  it('may be signed in the words of Standard Webhooks', async () => {
    const right = clerk.told(user('created', { email: 'ada@example.com' }), 'msg');
    const headers = Object.fromEntries(
      Object.entries(right.headers ?? {}).map(([name, value]) => [name.replace('svix-', 'webhook-'), value]),
    );
    expect((await post({ ...right, headers })).status).toBe(200);
  });

  it('cannot be checked where no secret is set', async () => {
    world = await makeWorld();
    const { status, body } = await tell(user('created'));
    expect([status, body]).toEqual([500, { error: 'Webhook secret not configured' }]);
  });

  it('need not be signed while somebody develops, unless it is and wrongly so', async () => {
    world = await makeWorld({ environment: 'development', clerk: { ...clerk.settings, webhookSecret } });
    expect((await post({ body: user('created', { email: 'ada@example.com' }) })).status).toBe(200);
    expect((await meantBy('ada@example.com'))?.name).toBe('Ada Lovelace');
    const wrong = clerk.told(gone(), 'msg', { secret: 'whsec_YW5vdGhlcg==' });
    expect((await post(wrong)).status).toBe(401);
  });

  it('is ignored when it is not about users, and refused when it is about nobody', async () => {
    expect((await tell({ type: 'session.created', data: { id: 'sess_1' } })).body).toEqual({ received: true });
    expect((await tell({ type: 'user.created', data: {} })).status).toBe(400);
    expect((await post(clerk.told('{', 'msg'))).body).toEqual({ error: 'Invalid JSON body' });
  });
});

describe('a user of Clerk’s', () => {
  it('is found by their address, and is the one who shows a token', async () => {
    await tell(user('created', { email: 'Ada@Example.com' }));
    const meant = await meantBy('ada@example.com');
    expect(meant).toEqual({ id: expect.any(String), name: 'Ada Lovelace', email: 'Ada@Example.com' });
    const { project, share } = instancesOver(world);
    const { sessionKey: as } = await world.signIn('owner@example.com');
    const { id } = await project(as);
    await share(as, `projects/${id}`, { targetType: 'user', targetEmail: 'ada@example.com', permission: 'write' });
    const seen = await world.http('GET', `/api/projects/${id}`, { as: await token() });
    expect([seen.status, seen.body.role]).toEqual([200, 'write']);
  });

  it('is one whichever comes first: a token, or what Clerk tells', async () => {
    const jwt = await token();
    const { project } = instancesOver(world);
    const { id } = await project(jwt);
    await tell(user('updated', { email: 'ada@example.com' }));
    const { sessionKey: as } = await world.signIn('ada@example.com');
    expect((await world.http('GET', `/api/projects/${id}`, { as })).body.role).toBe('owner');
  });

  it('is one when both come at once, and several times', async () => {
    for (let round = 0; round < 10; round++) {
      const id = `user_race_${round}`;
      const email = `race-${round}@example.com`;
      const jwt = await token(id);
      const answers = await Promise.all([
        world.http('POST', '/api/projects', { body: { name: 'one' }, as: jwt }),
        tell(user('created', { id, email })),
        world.http('POST', '/api/projects', { body: { name: 'two' }, as: jwt }),
        tell(user('updated', { id, email, name: ['Grace', null] })),
        world.http('POST', '/api/projects', { body: { name: 'three' }, as: jwt }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 201, 200, 201]);
      const { sessionKey: as } = await world.signIn(email);
      const { body } = await world.http('GET', '/api/projects', { as });
      expect(body.projects.map(({ name }: { name: string }) => name).sort()).toEqual(['one', 'three', 'two']);
    }
  });

  it('is the user who has the address, when Clerk has verified it', async () => {
    const { userId } = await world.signIn('ada@example.com');
    await tell(user('created', { email: 'ADA@example.com' }));
    const { person, group, joins } = instancesOver(world);
    const { sessionKey: as } = await person();
    const { id } = await group(as);
    await joins(as, id, userId);
    const { body } = await world.http('GET', '/api/groups', { as: await token() });
    expect(body.groups.map((one: { id: string }) => one.id)).toEqual([id]);
  });

  it('is that user even when their token was quicker, and has nothing yet that would be lost', async () => {
    const { sessionKey: as } = await world.signIn('ada@example.com');
    const { project } = instancesOver(world);
    const { id } = await project(as);
    await world.http('GET', '/api/projects', { as: await token() });
    await tell(user('created', { email: 'ada@example.com' }));
    expect((await world.http('GET', `/api/projects/${id}`, { as: await token() })).body.role).toBe('owner');
  });

  it('stays who they are when they have made something by then', async () => {
    const { sessionKey: as } = await world.signIn('ada@example.com');
    const { project } = instancesOver(world);
    const theirs = await project(await token());
    await tell(user('created', { email: 'ada@example.com' }));
    expect((await world.http('GET', `/api/projects/${theirs.id}`, { as: await token() })).status).toBe(200);
    expect((await world.http('GET', `/api/projects/${theirs.id}`, { as })).status).toBe(404);
  });

  it.each(['unverified', null])('whose address is %s is not led into the account of who has it', async (status) => {
    const { sessionKey: as } = await world.signIn('ada@example.com');
    const { project } = instancesOver(world);
    const { id } = await project(as);
    await tell(user('created', { email: 'ada@example.com', status }));
    expect((await world.http('GET', `/api/projects/${id}`, { as: await token() })).status).toBe(404);
  });

  it('whose address is not verified is meant by it until somebody proves it', async () => {
    await tell(user('created', { email: 'ada@example.com', status: 'unverified' }));
    const before = await meantBy('ada@example.com');
    expect(before?.name).toBe('Ada Lovelace');
    const { userId } = await world.signIn('ada@example.com');
    expect(userId).not.toBe(before?.id);
    expect((await meantBy('ada@example.com'))?.id).toBe(userId);
  });

  it('is the user who has proved their address, once Clerk has verified it as well', async () => {
    await tell(user('created', { email: 'ada@example.com', status: 'unverified' }));
    await world.signIn('ada@example.com');
    await tell(user('updated', { email: 'ada@example.com', status: 'verified' }));
    const { sessionKey: as } = await world.signIn('ada@example.com');
    const { project } = instancesOver(world);
    const { id } = await project(as);
    expect((await world.http('GET', `/api/projects/${id}`, { as: await token() })).body.role).toBe('owner');
  });

  it('follows what Clerk tells: name and address change, and the old address is free', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    const { id } = (await meantBy('ada@example.com')) ?? {};
    await tell(user('updated', { email: 'countess@example.com', name: [null, null] }));
    expect(await meantBy('countess@example.com')).toEqual({ id, name: null, email: 'countess@example.com' });
    expect(await meantBy('ada@example.com')).toBeUndefined();
    expect((await world.signIn('countess@example.com')).userId).toBe(id);
  });

  it('is as the newest news say, in whatever order they come', async () => {
    const email = 'ada@example.com';
    await tell(user('updated', { email, name: ['New', null], at: 2_000 }));
    await tell(user('created', { email, name: ['Old', null], at: 1_000 }));
    expect((await meantBy(email))?.name).toBe('New');
  });

  it('hears the same but once, also at once, and whatever came in between', async () => {
    const email = 'ada@example.com';
    const first = user('created', { email, name: ['First', null] });
    const answers = await Promise.all(Array.from({ length: 6 }, () => tell(first, 'msg_same')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    await tell(user('updated', { email, name: ['Second', null] }));
    await tell(first, 'msg_same');
    expect((await meantBy(email))?.name).toBe('Second');
  });
});

describe('a user whom Clerk has deleted', () => {
  it('is gone with all they own, and nobody comes in as them', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    const jwt = await token();
    const { project, key, share, group } = instancesOver(world);
    const { id } = await project(jwt);
    const { key: apiKey } = await key(jwt, { scopeType: 'account', permissions: ['admin'] });
    await group(jwt);
    const { sessionKey: as } = await world.signIn('other@person.example');
    await share(jwt, `projects/${id}`, { targetType: 'public', permission: 'read' });
    expect((await world.http('GET', `/api/projects/${id}`, { as })).status).toBe(200);
    expect((await tell(gone())).body).toEqual({ received: true });
    expect((await world.http('GET', `/api/projects/${id}`, { as })).status).toBe(404);
    const refused = await world.http('GET', '/api/projects', { as: jwt });
    expect([refused.status, refused.body]).toEqual([401, { error: 'Invalid token' }]);
    expect((await world.http('GET', '/api/projects', { as: apiKey })).status).toBe(401);
    expect(await meantBy('ada@example.com')).toBeUndefined();
  });

  it('does not come back with what comes late, and may begin anew as somebody else', async () => {
    await tell(gone());
    await tell(user('created', { email: 'ada@example.com' }));
    await tell(user('updated', { email: 'ada@example.com' }));
    expect(await meantBy('ada@example.com')).toBeUndefined();
    expect((await world.http('GET', '/api/projects', { as: await token() })).status).toBe(401);
    await tell(user('created', { id: 'user_2', email: 'ada@example.com' }));
    expect((await meantBy('ada@example.com'))?.name).toBe('Ada Lovelace');
  });

  it('may be told of twice, also at once', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    await instancesOver(world).project(await token());
    const answers = await Promise.all([tell(gone(), 'msg_gone'), tell(gone(), 'msg_gone'), tell(gone())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await tell(gone('user_unknown'))).status).toBe(200);
  });

  it('loses nothing that they have made here since, when Clerk tells again', async () => {
    const { sessionKey: as } = await world.signIn('ada@example.com');
    await tell(user('created', { email: 'ada@example.com' }));
    await tell(gone(), 'msg_gone');
    const { id } = await instancesOver(world).project(as);
    for (const message of ['msg_gone', 'msg_other']) expect((await tell(gone(), message)).status).toBe(200);
    expect((await world.http('GET', `/api/projects/${id}`, { as })).status).toBe(200);
  });

  it('keeps the account when they also sign in here otherwise, without what instances hold', async () => {
    const { sessionKey: as, userId } = await world.signIn('ada@example.com');
    await world.http('POST', '/api/v2/records', { body: { recordName: 'mine' }, as });
    await tell(user('created', { email: 'ada@example.com' }));
    const { id } = await instancesOver(world).project(await token());
    await tell(gone());
    expect((await world.http('GET', `/api/projects/${id}`, { as })).status).toBe(404);
    expect((await world.http('GET', '/api/v2/sessions', { as })).body.success).toBe(true);
    expect((await world.signIn('ada@example.com')).userId).toBe(userId);
    expect((await world.http('GET', '/api/projects', { as: await token() })).status).toBe(401);
  });

  it('keeps it, with their records, when they have some', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    const { id } = (await meantBy('ada@example.com')) ?? {};
    const made = await world.http('POST', '/api/v2/records', {
      body: { recordName: 'mine', userId: id },
      as: await token(),
    });
    expect(made.body.success).toBe(true);
    await tell(gone());
    const { userId, sessionKey: as } = await world.signIn('ada@example.com');
    expect(userId).toBe(id);
    expect((await world.http('GET', '/api/v2/records/list', { as })).body.records).toHaveLength(1);
  });

  it('keeps it, too, when Clerk made it and they have signed in with a code since', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    const { userId } = await world.signIn('ada@example.com');
    await tell(gone());
    expect((await world.signIn('ada@example.com')).userId).toBe(userId);
  });

  it('has their sockets closed', async () => {
    await tell(user('created', { email: 'ada@example.com' }));
    const { id } = (await meantBy('ada@example.com')) ?? {};
    await tell(gone());
    expect(world.fanOut.jobs).toContainEqual(
      expect.objectContaining({ kind: 'close-sockets', body: { userId: id, all: true } }),
    );
  });

  it('is gone in the end, wherever the function dies on the way, when Clerk tells again', async () => {
    const { sessionKey: as } = await world.signIn('somebody@example.com');
    let isKilled = true;
    for (let ios = 0; isKilled; ios++) {
      const person = `user_mortal_${ios}`;
      await tell(user('created', { id: person, email: 'mortal@example.com' }));
      const { id } = await instancesOver(world).project(await token(person));
      world.fanOut.jobs.length = 0;
      const request = clerk.told(gone(person), `msg_mortal_${ios}`);
      isKilled = await untilKilled(world.ports, ios, (mine) => httpOver(mine)('POST', '/webhooks/clerk', request));
      expect((await post(request)).status).toBe(200);
      expect((await world.http('GET', `/api/projects/${id}`, { as })).status).toBe(404);
      expect((await world.http('GET', '/api/projects', { as: await token(person) })).status).toBe(401);
      expect(await meantBy('mortal@example.com')).toBeUndefined();
      expect(world.fanOut.jobs.map(({ kind }) => kind)).toContain('close-sockets');
    }
  });
});
