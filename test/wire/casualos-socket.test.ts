import { afterAll, describe, expect, it } from '@jest/globals';
import { base64 } from '../../functions/core/base64.ts';
import type { Code } from '../../functions/core/errors.ts';
import { Failure } from '../../functions/core/errors.ts';
import { casualosSocket } from '../../functions/wire/casualos-socket.ts';
import type { Received } from '../../functions/wire/dialect.ts';
import { casualosWorld } from '../support/casualos.ts';

const world = await casualosWorld();
const { ask, open, tell } = world;

afterAll(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const login = { type: 'login', connectionId: 'me' };

describe('frames', () => {
  it.each(['', 'hello', '1', '"text"', 'null', 'true', '{"type":', '[1,1,', '\u0000'])(
    'that are no array or object (%j) are ignored',
    async (text) => {
      expect(await ask(await open(), text)).toEqual([]);
    },
  );

  it.each([
    ['an object', '{"type":"login","connectionId":"me"}', null],
    ['an empty array', '[]', null],
    ['no type', '[null,1,{}]', null],
    ['an unknown type', '[6,1,{}]', null],
    ['a type that is text', '["1",1,{}]', null],
    ['no id', '[1]', null],
    ['an id that is text', '[1,"1",{"type":"login","connectionId":"me"}]', null],
    ['no end of nesting', `[1,1,${nested(5_000)}]`, null],
    ['no message', '[1,7]', 7],
    ['a message that is text', '[1,7,"login"]', 7],
    ['a message that is a list', '[1,7,["login"]]', 7],
    ['a message without type', '[1,7,{}]', 7],
    ['a type that is no text', '[1,7,{"type":1}]', 7],
    ['a type that nobody knows', '[1,7,{"type":"repo/dance"}]', 7],
    ['a type of ours', '[1,7,{"type":"login_result","success":true}]', 7],
    ['a type named like a member of objects', '[1,7,{"type":"constructor"}]', 7],
    ['fields that are wrong', '[1,7,{"type":"sync/time","id":1}]', 7],
    ['an answer to an upload', '[3,7,"https://example.com","PUT",{}]', 7],
    ['an error', '[5,7,{"success":false}]', 7],
    ['a message elsewhere without saying where', '[4,7]', 7],
    ['a message elsewhere at a number', '[4,7,7,"GET",{}]', 7],
  ])('that have %s are answered with an error, and the socket stays open', async (_, text, id) => {
    const client = await open();
    const [[type, of, info], ...more] = await ask(client, text);
    expect([type, of, more]).toEqual([5, id, []]);
    expect(info).toMatchObject({
      success: false,
      errorCode: 'unacceptable_request',
      errorMessage: expect.not.stringMatching(/undefined \(|TypeError|at .*:\d+/),
    });
    expect(await ask(client, [1, 8, login])).toMatchObject([[1, 0, { success: true }]]);
  });

  it('say what is wrong with a message, field by field', async () => {
    const [[, , info]] = await ask(await open(), [1, 7, { type: 'sync/time', id: 1 }]);
    expect(info.issues).toMatchObject([{ path: ['clientRequestTime'] }]);
  });

  it('with no end of mistakes are answered in one that fits', async () => {
    const pathParams = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`p${n}`, 1]));
    const message = { type: 'http_request', id: 1, request: { path: '/', method: 'GET', pathParams } };
    const client = await open();
    const [[type, , info]] = await ask(client, [1, 7, message]);
    expect([type, info.errorCode]).toEqual([5, 'unacceptable_request']);
    expect(client.texts.at(-1)?.length).toBeLessThan(32_000);
  });
});

describe('errors', () => {
  const refused = (code: Code, frame: Received | undefined, details = {}) =>
    JSON.parse(casualosSocket.refuse(new Failure(code, 'no', details), frame));
  const about = { recordName: null, inst: 'i', branch: 'b' };
  const said = (type: string, input: object = about) =>
    casualosSocket.decode(JSON.stringify([1, 7, { type, ...input }]));

  it('about a branch carry its name, and the id -1', () => {
    expect(refused('not_authorized', said('repo/watch_branch'), { reason: { type: 'missing_permission' } })).toEqual([
      5,
      -1,
      {
        success: false,
        errorCode: 'not_authorized',
        errorMessage: 'no',
        ...about,
        reason: { type: 'missing_permission' },
      },
    ]);
    expect(refused('server_error', said('repo/add_updates', { ...about, recordName: 'r' }))[2].recordName).toBe('r');
    expect(refused('inst_not_found', said('repo/connection_count', { branch: null }))[2]).toMatchObject({
      branch: null,
    });
  });

  it('about a message that is none carry its id, and the name of the branch all the same', () => {
    expect(refused('unacceptable_request', said('repo/watch_branch'))).toMatchObject([5, 7, about]);
    const unknown = refused('unknown_message', said('repo/dance'));
    expect(unknown).toMatchObject([5, 7, { ...about, issues: [{ code: 'custom', path: ['type'], message: 'no' }] }]);
  });

  it('about anything else carry its id', () => {
    expect(refused('service_unavailable', said('http_request', {}))).toMatchObject([5, 7, {}]);
    expect(refused('service_unavailable', said('repo/time_sync', {}))).toMatchObject([5, 7, {}]);
    expect(refused('server_error', undefined)).toMatchObject([5, null, {}]);
  });

  it('name a record whose key was sent, and never the key', () => {
    const recordName = `vRK2.${base64('the record')}.${base64('secret')}.subjectless`;
    const frame = said('repo/watch_branch', { ...about, recordName });
    expect(frame).toMatchObject({ input: { type: 'repo/watch_branch', recordName: 'the record', inst: 'i' } });
    expect(refused('not_authorized', frame)[2].recordName).toBe('the record');
    for (const recordName of ['vRK2', 'vRK1.?.?', 'a name']) {
      expect(said('repo/watch_branch', { recordName })).toMatchObject({ input: { recordName } });
    }
  });
});

describe('a flood', () => {
  it('is told of once a second, with when to go on', async () => {
    const windowMs = 24 * 3_600_000;
    const limited = await casualosWorld({ frameRateLimit: { maxHits: 3, windowMs } });
    const client = await limited.open();
    const time = { type: 'sync/time', id: 1, clientRequestTime: 1 };
    const heard = [];
    for (let n = 0; n < 10; n++) heard.push(...(await limited.tell(client, time)));
    const notice = { type: 'rate_limit_exceeded', retryAfter: expect.any(Number), totalHits: 4 };
    expect(heard.slice(3)).toEqual([notice]);
    expect(heard[3].retryAfter).toBeGreaterThan(0);
    expect(heard[3].retryAfter).toBeLessThanOrEqual(windowMs / 1000);
    client.take();
    limited.advance(1_100);
    await Promise.all([1, 2, 3].map(() => limited.tell(client, time)));
    expect(client.take()).toEqual([[1, 0, notice]]);
  });
});

describe('sockets', () => {
  it.each([
    ['by the subprotocol', '/anywhere', { 'Sec-WebSocket-Protocol': 'other, casualos.records' }],
    ['by the path', '/api/v2/websocket', {}],
    ['by the short path', '/websocket', {}],
  ])('speak it %s', async (_, path, headers) => {
    const client = await open(headers, path);
    expect(await tell(client, login)).toMatchObject([{ success: true }]);
    expect(await ask(client, '{"type":"join_room","payload":{"roomId":"r"}}')).toMatchObject([[5, null, {}]]);
  });

  it('on paths that name no protocol speak it in frames that are arrays', async () => {
    const client = await open({}, '/nowhere');
    expect(await tell(client, login)).toMatchObject([{ success: true }]);
    expect(await ask(client, ' [1,2,{}]')).toMatchObject([[5, 2, {}]]);
    client.take();
    await world.direct(client, '{"type":"dance"}');
    expect(client.take()).toMatchObject([{ type: 'error' }]);
    await world.direct(client, '{"type":"join_room","payload":{"roomId":"any"}}');
    expect(client.of('room_joined')).toHaveLength(1);
  });

  it('of rooms do not speak it', async () => {
    const client = await world.connect();
    await world.direct(client, JSON.stringify([1, 1, login]));
    expect(client.take()).toMatchObject([{ type: 'error' }]);
  });
});
