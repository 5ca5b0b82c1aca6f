import { afterAll, describe, expect, it } from '@jest/globals';
import { messageFrame } from '../../functions/core/big-frame.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';

const world = await casualosWorld();
const { ask, open, blobs } = world;

afterAll(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

/** Asks where to put a message, and puts it there. @returns the URL as stock clients send it back: without its query */
async function put(client: Client, text: string): Promise<string> {
  const [[type, id, url, method, headers]] = await ask(client, [2, 5]);
  expect([type, id, method, headers]).toEqual([3, 5, 'PUT', {}]);
  const [address] = url.split('?');
  await blobs.put(blobs.nameIn(url) ?? '', text);
  return address;
}

const download = (id: number, url: string) => [4, id, url, 'GET', {}];
const time = (more: object = {}) => JSON.stringify({ type: 'sync/time', id: 1, clientRequestTime: 1, ...more });

describe('a message too big for a frame', () => {
  it('is put where the server says, and counts as if it had come in the frame', async () => {
    const client = await open();
    const url = await put(client, JSON.stringify({ type: 'login', connectionId: 'me', more: 'x'.repeat(200_000) }));
    expect(await ask(client, download(6, url))).toMatchObject([[1, 0, { type: 'login_result', success: true }]]);
  });

  it('has a place of its own each time', async () => {
    const client = await open();
    const urls = [await put(client, '1'), await put(client, '2')];
    expect(new Set(urls).size).toBe(2);
  });

  it.each([
    ['no JSON', '{"type":'],
    ['nothing', ''],
    ['a list', '[1,6,{"type":"login"}]'],
    ['two at once', `${time()},${time()}`],
    ['of no known type', '{"type":"dance"}'],
    ['with wrong fields', '{"type":"sync/time"}'],
    ['a frame that is elsewhere again', '[4,1,"https://blobs.example.com/messages/in/x","GET",{}]'],
    ['nested without end', `{"type":"sync/time","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ])('that is %s is refused under the id of the frame that brought it', async (_, text) => {
    const client = await open();
    const url = await put(client, text);
    expect(await ask(client, download(6, url))).toMatchObject([[5, 6, { errorCode: 'unacceptable_request' }]]);
  });

  it('that is larger than can be is refused', async () => {
    const client = await open();
    const url = await put(client, time({ more: 'x'.repeat(32 * 1024 * 1024) }));
    expect(await ask(client, download(6, url))).toMatchObject([[5, 6, { errorCode: 'unacceptable_request' }]]);
  });

  it('is looked for in what clients have put, and nowhere else', async () => {
    const client = await open();
    const url = await put(client, time());
    await blobs.put('texts/secret', time());
    await blobs.put('messages/out/secret', time());
    await blobs.put('messages/in/x/../secret', time());
    const elsewhere = [
      url.replace(/[^/]*$/, '00000000-0000-4000-8000-00000000dead'),
      url.replace('https:', 'http:'),
      url.replace('blobs.example.com', 'evil.example.com'),
      url.replace('blobs.example.com', 'blobs.example.com.evil.example.com'),
      `https://evil.example.com/?${url}`,
      'https://blobs.example.com/texts/secret',
      'https://blobs.example.com/messages/out/secret',
      'https://blobs.example.com/messages/in/x/../secret',
      'https://blobs.example.com/messages/in/',
      `https://blobs.example.com/messages/in/${'x'.repeat(5_000)}`,
      'file:///etc/passwd',
      '',
    ];
    for (const url of elsewhere) {
      expect([url, await ask(client, download(6, url))]).toEqual([
        url,
        [[5, 6, { success: false, errorCode: 'message_not_found', errorMessage: expect.any(String) }]],
      ]);
    }
    expect(await ask(client, download(6, `${url}?X-Amz-Signature=0`))).toMatchObject([[1, 0, { id: 1 }]]);
  });

  it('that takes a login is refused without one, and ends the socket', async () => {
    const client = await open();
    const about = { recordName: null, inst: 'i', branch: 'b' };
    const url = await put(client, JSON.stringify({ type: 'repo/add_updates', ...about, updates: ['AAA='] }));
    expect(await ask(client, download(6, url))).toMatchObject([
      [5, -1, { errorCode: 'invalid_connection_state', ...about }],
    ]);
    expect(world.isOpen(client)).toBe(false);
    await world.settled();
  });

  it('counts for the rate limit with both its frames', async () => {
    const limited = await casualosWorld({ frameRateLimit: { maxHits: 2, windowMs: 24 * 3_600_000 } });
    const client = await limited.open();
    const [[, , url]] = await limited.ask(client, [2, 1]);
    await limited.blobs.put(limited.blobs.nameIn(url) ?? '', time());
    expect(await limited.ask(client, download(2, url))).toMatchObject([[1, 0, { id: 1 }]]);
    expect(await limited.ask(client, download(3, url))).toMatchObject([[1, 0, { type: 'rate_limit_exceeded' }]]);
  });

  it('cannot be sent in other dialects', async () => {
    const client = await world.connect();
    await world.direct(client, '[2,1]');
    expect(client.take()).toMatchObject([{ type: 'error' }]);
  });
});

describe('a message too big to be posted', () => {
  const fitting = 120_000 - Buffer.byteLength('[1,0,""]');

  it('goes into the store once, and everybody is told where it is', async () => {
    const { ports } = world;
    expect(await messageFrame(ports, JSON.stringify('x'.repeat(fitting)))).toMatch(/^\[1,0,"x/);
    const message = JSON.stringify('ä'.repeat(fitting / 2 + 1));
    const before = blobs.texts.size;
    const [type, id, url, method, headers] = JSON.parse(await messageFrame(ports, message));
    expect([type, id, method, headers, blobs.texts.size]).toEqual([4, -1, 'GET', {}, before + 1]);
    expect(blobs.texts.get(blobs.nameIn(url) ?? '')).toBe(message);
  });
});
