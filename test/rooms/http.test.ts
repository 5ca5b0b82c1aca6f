import { describe, expect, it } from '@jest/globals';
import { httpOver } from '../support/http.ts';
import { newRoom, roomWorld } from '../support/rooms.ts';

const world = await roomWorld();
const http = httpOver(world.ports);
const path = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}/${rest}`;

describe('GET /rooms/{roomId}/chat', () => {
  it('pages back from the newest, each page oldest first, and says [] past the end', async () => {
    const roomId = `${newRoom()} / # % ü`;
    const client = await world.inside(roomId);
    for (let n = 1; n <= 12; n++) client.send('send_chat', { message: String(n), metadata: { n } });
    await world.settled();
    const get = async (query: string) => {
      const { status, body } = await http('GET', path(roomId, `chat${query}`));
      expect([status, body.roomId]).toEqual([200, roomId]);
      return body.messages.map((one: { message: string }) => Number(one.message));
    };
    expect(await get('')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await get('?limit=5')).toEqual([8, 9, 10, 11, 12]);
    expect(await get('?limit=5&offset=5')).toEqual([3, 4, 5, 6, 7]);
    expect(await get('?limit=5&offset=10')).toEqual([1, 2]);
    expect(await get('?offset=12')).toEqual([]);
    expect(await get('?offset=5000')).toEqual([]);
    const [third] = (await http('GET', path(roomId, 'chat?limit=1&offset=9'))).body.messages;
    client.send('send_chat', { message: '13' });
    await world.settled();
    expect(await get(`?limit=2&before=${third.id}`)).toEqual([1, 2]);
    expect(client.of('chat_message')[2]?.payload).toEqual(third);
  });

  it('says that a page is too large, and gives a smaller one', async () => {
    const roomId = newRoom();
    const client = await world.inside(roomId);
    for (let n = 0; n < 52; n++) client.send('send_chat', { message: 'x'.repeat(120 * 1024) });
    await world.settled();
    const { status, body } = await http('GET', path(roomId, 'chat'));
    expect([status, body]).toEqual([413, { error: expect.stringContaining('6 MB') }]);
    expect((await http('GET', path(roomId, 'chat?limit=40'))).body.messages).toHaveLength(40);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1.5',
    'limit=-1',
    'offset=-1',
    'offset=x',
    'limit=',
    'before=nothing',
  ])('refuses %s with 400 and a reason', async (query) => {
    const { status, body } = await http('GET', path('some room', `chat?${query}`));
    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringMatching(/limit|offset|before/) });
  });

  it('of a room nobody was ever in is empty', async () => {
    expect((await http('GET', path(newRoom(), 'chat'))).body.messages).toEqual([]);
  });

  it('refuses a credential that does not hold, although anybody may read', async () => {
    expect((await http('GET', path('r', 'chat'), { as: 'nonsense' })).status).toBe(401);
  });
});

describe('GET /rooms/{roomId}/presence', () => {
  it('answers who is there, as a joiner sees it', async () => {
    const roomId = newRoom();
    const client = await world.inside(roomId, { presence: { x: 1 }, name: 'Ann' });
    const { status, body } = await http('GET', path(roomId, 'presence'));
    expect([status, body]).toEqual([200, { roomId, presence: client.heard[0]?.payload.presence }]);
  });
});
