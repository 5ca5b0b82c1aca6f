import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { aiWorld } from '../support/ai-world.ts';

const world = await aiWorld();
const { http, instanceId, projectId, openAi, fireworks, owner, signIn } = world;

afterEach(() => {
  openAi.forget();
  fireworks.forget();
});
afterAll(() => world.stop());

const requests = [
  ['/api/chat', { messages: [{ role: 'user', content: 'Hello' }] }],
  ['/api/transform', { outputKey: 'out', template: 'x' }],
  ['/api/analyze-image', { outputKey: 'out', imageBase64: 'QUJD', prompt: 'x' }],
  ['/api/generate-image', { outputKey: 'out', prompt: 'x' }],
] as const;

const as = owner.sessionKey;
const share = (path: string, userId: string, permission: string) =>
  http('POST', `${path}/shares`, { as, body: { targetType: 'user', targetId: userId, permission } });
const keyOf = async (body: object): Promise<string> =>
  (await http('POST', '/api/keys', { as, body: { name: 'k', ...body } })).body.key;

const reader = await signIn('reader@example.com');
const writer = await signIn('writer@example.com');
const member = await signIn('member@example.com');
const stranger = await signIn('stranger@example.com');
await share(`/api/instances/${instanceId}`, reader.userId, 'read');
await share(`/api/instances/${instanceId}`, writer.userId, 'write');
await share(`/api/projects/${projectId}`, member.userId, 'write');
const other = await http('POST', '/api/projects', { as, body: { name: 'another' } });

const callers = {
  owner: as,
  'somebody with a share to write': writer.sessionKey,
  'somebody with a share of the project': member.sessionKey,
  'a key of the account': await keyOf({ scopeType: 'account', permissions: ['write'] }),
  'a key of the instance': await keyOf({ scopeType: 'instance', scopeId: instanceId, permissions: ['write'] }),
  'a key of the project': await keyOf({ scopeType: 'project', scopeId: projectId, permissions: ['admin'] }),
  'somebody with a share to read': reader.sessionKey,
  'a key that may read': await keyOf({ scopeType: 'account', permissions: ['read'] }),
  'a stranger': stranger.sessionKey,
  'a key of another project': await keyOf({
    scopeType: 'project',
    scopeId: other.body.id,
    permissions: ['admin'],
  }),
  'somebody with a bad session': `${as}x`,
  'somebody with a bad key': 'mc_live_00000000000000000000000000000000',
  nobody: undefined,
};

const allowed = { status: 200 };
const mayRead = { status: 403, body: { error: 'Write permission required' } };
const unknown = { status: 404, body: { error: 'Instance not found' } };

const expected: Readonly<Record<keyof typeof callers, object>> = {
  owner: allowed,
  'somebody with a share to write': allowed,
  'somebody with a share of the project': allowed,
  'a key of the account': allowed,
  'a key of the instance': allowed,
  'a key of the project': allowed,
  'somebody with a share to read': mayRead,
  'a key that may read': mayRead,
  'a stranger': unknown,
  'a key of another project': unknown,
  'somebody with a bad session': { status: 401 },
  'somebody with a bad key': { status: 401, body: { error: 'Invalid API key' } },
  nobody: { status: 401, body: { error: 'Authorization required' } },
};

describe.each(requests)('%s', (path, body) => {
  it.each(Object.entries(callers))('for %s', async (who, credential) => {
    fireworks.next({ status: 'Ready', result: { sample: 'QUJD' } });
    const answer = await http('POST', path, { as: credential, body: { instanceId, ...body } });
    const wanted = expected[who as keyof typeof callers]; // it came from there
    expect({ status: answer.status, body: answer.body }).toMatchObject(wanted);
    if (wanted !== allowed) expect([...openAi.asked, ...fireworks.submitted]).toEqual([]);
  });

  it('says who is missing before what, what before where, and where before that there is no key', async () => {
    const without = await aiWorld('responses', { openAi: undefined, fireworks: undefined });
    without.stop();
    const ask = async (more: object, credential: string | undefined) =>
      (await without.http('POST', path, { as: credential, body: { ...body, ...more } })).status;
    const mine = without.owner.sessionKey;
    expect(await ask({ instanceId: undefined }, undefined)).toBe(401);
    expect(await ask({ instanceId: undefined }, mine)).toBe(400);
    expect(await ask({ instanceId: 'nobody’s' }, mine)).toBe(404);
    expect(await ask({ instanceId: without.instanceId }, mine)).toBe(500);
  });

  it('reads no body that is no JSON', async () => {
    expect(await http('POST', path, { as, body: 'nonsense' })).toMatchObject({
      status: 400,
      body: { error: 'Invalid JSON body' },
    });
  });
});

describe('a key in AWS Secrets Manager', () => {
  it('is fetched and used', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:openai-AbCdEf';
    const remote = await aiWorld('responses', { openAi: { apiKey: arn, baseUrl: openAi.baseUrl, api: 'responses' } });
    await remote.post('/api/transform', { instanceId: remote.instanceId, outputKey: 'out', template: 'x' });
    expect(openAi.asked[0]?.authorization).toBe(`Bearer the secret ${arn}`);
    remote.stop();
  });
});
