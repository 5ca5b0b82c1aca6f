import type { MessagePort } from 'node:worker_threads';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Event, startGateway, toFunction } from './fixtures/gateway.ts';
import { connect } from './fixtures/socket-client.ts';

let stop: (() => Promise<void>) | undefined;

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

/** A gateway whose clients learn their connection id by sending anything. */
async function start(onConnect: (event: Event) => unknown = () => ({ statusCode: 200 })) {
  const disconnects: Event[] = [];
  const { promise: disconnected, resolve } = Promise.withResolvers<void>();
  const world = await startGateway({
    handlers: {
      connect: onConnect,
      whoami: (event) => ({ body: event.requestContext.connectionId }),
      disconnect: (event) => {
        disconnects.push(event);
        resolve();
      },
    },
    socket: [
      toFunction('$connect', 'connect'),
      toFunction('$default', 'whoami', true),
      toFunction('$disconnect', 'disconnect'),
    ],
  });
  stop = world.stop;
  const sdk = (functionId: string) => {
    const { accessKeyId, secretAccessKey } = world.access.principalOf(functionId);
    const client = new ApiGatewayManagementApiClient({
      endpoint: world.url,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
    return {
      post: (ConnectionId: string, Data: string) => client.send(new PostToConnectionCommand({ ConnectionId, Data })),
      get: (ConnectionId: string) => client.send(new GetConnectionCommand({ ConnectionId })),
      close: (ConnectionId: string) => client.send(new DeleteConnectionCommand({ ConnectionId })),
    };
  };
  return {
    ...world,
    disconnects,
    disconnected,
    sdk,
    async client() {
      const client = await connect(world.socketUrl);
      client.send('whoami');
      return { ...client, id: await client.next() };
    },
    port: (functionId: string) =>
      asking(world.gateway.postingPort(functionId, world.access.principalOf(functionId).accessKeyId)),
  };
}

/** A worker's end of the posting port. */
function asking(port: MessagePort) {
  let n = 0;
  return (request: { op: 'post' | 'close'; to: string[]; frame?: string; code?: number; reason?: string }) => {
    n += 1;
    const answered = new Promise<{ n: number; gone: string[]; failed: string[] }>((resolve) => {
      port.once('message', resolve);
    });
    port.postMessage({ n, frame: '', ...request });
    return answered;
  };
}

const unknownId = 'AAAAAAAAAAAAAAA=';

describe('@connections over HTTP', () => {
  it('posts a text frame', async () => {
    const { sdk, client } = await start();
    const alice = await client();
    await sdk('Poster').post(alice.id, 'héllo');
    expect(await alice.next()).toBe('héllo');
    alice.close();
  });

  it('tells about a connection', async () => {
    const { sdk, client } = await start();
    const alice = await client();
    const answer = await sdk('Poster').get(alice.id);
    expect(answer.Identity).toEqual({ SourceIp: '127.0.0.1', UserAgent: undefined });
    expect(answer.ConnectedAt?.getTime()).toBeLessThanOrEqual(answer.LastActiveAt?.getTime() ?? 0);
    alice.close();
  });

  it('closes with 1000, $disconnect follows, and posting is over', async () => {
    const { sdk, client, disconnected, disconnects } = await start();
    const alice = await client();
    await sdk('Poster').close(alice.id);
    await expect(sdk('Poster').post(alice.id, 'x')).rejects.toThrow(GoneException);
    expect(await alice.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
    await disconnected;
    expect(disconnects[0].requestContext).toMatchObject({ connectionId: alice.id, disconnectStatusCode: 1000 });
  });

  it('is gone for an unknown connection and for one that closed', async () => {
    const { sdk, client, disconnected } = await start();
    const alice = await client();
    alice.close();
    await disconnected;
    const { post, get, close } = sdk('Poster');
    const calls = [post(unknownId, 'x'), post(alice.id, 'x'), get(alice.id), close(alice.id)];
    const reasons = (await Promise.allSettled(calls)).map((result) => result.status === 'rejected' && result.reason);
    expect(reasons).toEqual(calls.map(() => expect.any(GoneException)));
  });

  it('is gone until $connect has returned, and open right after', async () => {
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: known, resolve: tell } = Promise.withResolvers<string>();
    const { sdk, socketUrl } = await start(async (event) => {
      tell(event.requestContext.connectionId);
      await release;
      return { statusCode: 200 };
    });
    const opening = connect(socketUrl);
    const id = await known;
    await expect(sdk('Poster').post(id, 'early')).rejects.toThrow(GoneException);
    resolve();
    const client = await opening;
    await sdk('Poster').post(id, 'now');
    expect(await client.next()).toBe('now');
    client.close();
  });

  it.each([
    ['refuses who is not allowed', 'Stranger', unknownId, 'x', 'ForbiddenException'],
    ['refuses an id of another form', 'Poster', 'no-id', 'x', 'BadRequestException'],
    ['refuses more than 128 KB', 'Poster', unknownId, 'x'.repeat(131_073), 'PayloadTooLargeException'],
  ])('%s', async (_what, functionId, id, data, name) => {
    const { sdk } = await start();
    await expect(sdk(functionId).post(id, data)).rejects.toMatchObject({ name });
  });

  it('refuses who did not sign', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/@connections/${unknownId}`, { method: 'POST', body: 'x' });
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
    expect(response.headers.get('x-amzn-errortype')).toBe('ForbiddenException');
  });

  it('splits what is larger than 32 KB and delivers it whole', async () => {
    const { sdk, client } = await start();
    const alice = await client();
    const large = 'ä'.repeat(65_536);
    await sdk('Poster').post(alice.id, large);
    expect(await alice.next()).toBe(large);
    alice.close();
  });
});

describe('posts that are handed over', () => {
  it('reach all that are named, and say who is gone', async () => {
    const { client, port } = await start();
    const [alice, bob] = [await client(), await client()];
    const ask = port('Poster');
    expect(await ask({ op: 'post', to: [alice.id, unknownId, bob.id], frame: 'hi' })).toEqual({
      n: 1,
      gone: [unknownId],
      failed: [],
    });
    expect([await alice.next(), await bob.next()]).toEqual(['hi', 'hi']);
    alice.close();
    bob.close();
  });

  it('arrive in the order in which they were asked for', async () => {
    const { client, port } = await start();
    const alice = await client();
    const ask = port('Poster');
    const frames = Array.from({ length: 200 }, (_, n) => String(n));
    for (const frame of frames) await ask({ op: 'post', to: [alice.id], frame });
    const heard: string[] = [];
    for (const _ of frames) heard.push(await alice.next());
    expect(heard).toEqual(frames);
    alice.close();
  });

  it('close with the code they name, or 1000', async () => {
    const { client, port } = await start();
    const [alice, bob] = [await client(), await client()];
    const ask = port('Poster');
    await ask({ op: 'close', to: [alice.id], code: 4401, reason: 'Unauthorized' });
    expect(await alice.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
    await ask({ op: 'close', to: [bob.id] });
    expect(await bob.closed).toEqual({ code: 1000, reason: 'Connection Closed Normally' });
    expect(await ask({ op: 'post', to: [alice.id], frame: 'x' })).toMatchObject({ gone: [alice.id] });
  });

  it('fail for a function whose role does not allow them', async () => {
    const { client, port } = await start();
    const alice = await client();
    const ask = port('Stranger');
    expect(await ask({ op: 'post', to: [alice.id], frame: 'x' })).toEqual({ n: 1, gone: [], failed: [alice.id] });
    expect(await ask({ op: 'close', to: [alice.id] })).toEqual({ n: 2, gone: [], failed: [alice.id] });
    alice.send('still here');
    expect(await alice.next()).toBe(alice.id);
    alice.close();
  });

  it('fail for a client that reads too slowly, which stays connected', async () => {
    const { client, port } = await start();
    const alice = await client();
    const ask = port('Poster');
    const frame = 'x'.repeat(120_000);
    alice.socket.pause();
    let posted = 0;
    while ((await ask({ op: 'post', to: [alice.id], frame })).failed.length === 0) posted += 1;
    alice.socket.resume();
    for (let heard = 0; heard < posted; heard++) expect(await alice.next()).toBe(frame);
    expect(await ask({ op: 'post', to: [alice.id], frame })).toMatchObject({ gone: [], failed: [] });
    alice.close();
  });

  it('fail above 128 KB', async () => {
    const { client, port } = await start();
    const alice = await client();
    const ask = port('Poster');
    expect(await ask({ op: 'post', to: [alice.id], frame: 'ä'.repeat(65_537) })).toMatchObject({ failed: [alice.id] });
    expect(await ask({ op: 'post', to: [alice.id], frame: 'ä'.repeat(65_536) })).toMatchObject({ failed: [] });
    expect(await alice.next()).toHaveLength(65_536);
    alice.close();
  });
});
