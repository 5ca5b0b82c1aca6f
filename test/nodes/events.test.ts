import { describe, expect, it } from '@jest/globals';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { get, update } = world;
const first = await update('a', 'abc', { payload: { n: 1 } });
const second = await update('b', 'line\nbreak');

interface Event {
  readonly id?: string;
  readonly event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON may come in
  readonly data?: any;
}

/** As a browser reads it. */
function eventsIn(text: string): Event[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const fields = block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);
      const { id, event, data } = Object.fromEntries(fields);
      return { ...(id === undefined ? {} : { id }), event, data: JSON.parse(data) };
    });
}

const ask = async (query: string, lastEventId?: string) => {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const answer = await get(`events${query}`, { headers });
  return { ...answer, events: answer.text.includes('data: ') ? eventsIn(answer.text) : [] };
};

describe('events', () => {
  it('tell what has changed, ascending, and end', async () => {
    const { status, headers, text, events } = await ask('?key=b&key=a&key=nowhere');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-reality-version': String(second),
      'access-control-allow-origin': '*',
    });
    expect(text).toMatch(/^retry: 3000\n/);
    expect(events).toEqual([
      {
        id: `${first}:abc`,
        event: 'update',
        data: { key: 'a', version: first, hash: 'abc', updatedAt: expect.any(Number), payload: { n: 1 } },
      },
      { id: String(second), event: 'update', data: expect.objectContaining({ key: 'b', version: second }) },
    ]);
  });

  it('come once: who says how far it was hears what came after', async () => {
    expect((await ask('?key=a&key=b', `${first}:abc`)).events).toMatchObject([{ data: { key: 'b' } }]);
    expect((await ask('?key=a&key=b', String(first))).events).toMatchObject([{ data: { key: 'b' } }]);
  });

  it('are one heartbeat where there are none, which moves nobody back', async () => {
    const { events, headers } = await ask('?key=a&key=b', String(second));
    expect(events).toEqual([{ event: 'heartbeat', data: { timestamp: world.clock.now() } }]);
    expect(headers['x-reality-version']).toBe(String(second));
    expect((await ask('?key=nowhere')).headers['x-reality-version']).toBe('0');
  });

  it.each(['heartbeat:1700000000000', 'x', '', '-5', ':', '1.5', '9'.repeat(30)])(
    'come all again to who says %j',
    async (lastEventId) => {
      expect((await ask('?key=a', lastEventId)).events).toMatchObject([{ event: 'update' }]);
    },
  );

  it('take keys as they are', async () => {
    const version = await update('a,b + c&d', 'h');
    const { events } = await ask(`?key=${encodeURIComponent('a,b + c&d')}`);
    expect(events).toMatchObject([{ data: { key: 'a,b + c&d', version } }]);
  });

  it.each(['', '?key=', '?keys=a', `?key=${'x'.repeat(1_025)}`])('are refused for %s', async (query) => {
    const { status, body } = await ask(query);
    expect([status, body]).toEqual([400, { error: expect.any(String) }]);
  });

  it('take a credential in the query, since an EventSource can send no header; nothing else does', async () => {
    const closed = await nodesWorld({ anonymous: new Set() });
    const query = `key=a&access_token=${encodeURIComponent(closed.as)}`;
    expect((await closed.get('events?key=a')).status).toBe(401);
    expect((await closed.get(`events?${query}`)).status).toBe(200);
    expect((await closed.get('events?key=a&access_token=garbage')).status).toBe(401);
    expect((await closed.get(`poll?${query}`)).status).toBe(401);
    expect((await closed.get(`nodes?${query}`)).status).toBe(401);
    expect((await closed.get(`stats?${query}`)).status).toBe(401);
  });
});

describe('polling', () => {
  const poll = (known?: number) =>
    get('poll?key=a&key=b', known === undefined ? {} : { headers: { 'x-reality-version': String(known) } });

  it('answers the nodes and how far they are, and 304 while nothing is newer', async () => {
    const { status, body, headers } = await poll();
    expect([status, Object.keys(body.changed)]).toEqual([200, ['a', 'b']]);
    expect(headers['x-reality-version']).toBe(String(second));
    const same = await poll(second);
    expect([same.status, same.text, same.headers['x-reality-version']]).toEqual([304, '', String(second)]);
    expect((await poll(first)).status).toBe(200);
    expect((await get('poll')).status).toBe(400);
  });
});
