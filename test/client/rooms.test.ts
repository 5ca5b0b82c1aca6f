import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket as WsSocket } from 'ws';
import { connectRooms } from '../../client/rooms.ts';
import type { Rooms, RoomsEvents, RoomsOptions } from '../../client/rooms-types.ts';
import { createManualClock, type ManualClock } from '../support/local-clock.ts';
import { type RoomServer, startRoomServer } from './room-server.ts';

let server: RoomServer;
let clock: ManualClock;
let clients: Rooms[];

beforeEach(async () => {
  server = await startRoomServer();
  clock = createManualClock();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await server.stop();
});

/** Reconnects at once when the clock is touched. */
function connect(more: Partial<RoomsOptions> = {}): Rooms {
  const client = connectRooms({ url: server.url, clock, random: () => 0, ...more });
  clients.push(client);
  return client;
}
function next<Name extends keyof RoomsEvents>(client: Rooms, name: Name): Promise<RoomsEvents[Name]> {
  return new Promise((resolve) => {
    const off = client.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}
function collect<Name extends keyof RoomsEvents>(client: Rooms, name: Name): RoomsEvents[Name][] {
  const events: RoomsEvents[Name][] = [];
  client.on(name, (event) => void events.push(event));
  return events;
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
/** The socket breaks and is opened again; what happens in between happens while it is away. */
async function breaks(client: Rooms, meanwhile: () => unknown = () => {}): Promise<void> {
  server.cut();
  await until(() => client.status === 'reconnecting');
  await meanwhile();
  const joined = next(client, 'joined');
  clock.advance(0);
  await joined;
}
const sent = (type: string) => server.received.filter((frame) => frame.type === type).map(({ payload }) => payload);
const texts = (messages: readonly { message: string }[]) => messages.map(({ message }) => message);

describe('joining', () => {
  it('resolves with the room as it is: who is there, oneself included, and what was said', async () => {
    server.say('r', 'before');
    const client = connect();
    const joined = await client.join('r', { presence: { x: 1 }, name: 'Ann' });
    expect(joined).toEqual({ roomId: 'r', connectionId: client.connectionId, recovered: false });
    expect([...client.presence.values()]).toEqual([
      { connectionId: joined.connectionId, name: 'Ann', presence: { x: 1 } },
    ]);
    expect(texts(client.history)).toEqual(['before']);
    expect(sent('join_room')).toEqual([{ roomId: 'r', presence: { x: 1 }, name: 'Ann', resume: true }]);
  });

  it('may be called before the socket is open, with all that follows', async () => {
    const client = connect();
    const joined = client.join('r');
    client.broadcast('draw', 0);
    const stored = await client.chat('first');
    await joined;
    expect(stored.message).toBe('first');
    expect(server.received.map(({ type }) => type)).toEqual(['join_room', 'broadcast_event', 'send_chat']);
  });

  it('works with the WebSocket of Node and with that of ws', async () => {
    const own = await connect().join('r');
    const other = await connect({ WebSocket: WsSocket }).join('r');
    expect(own.connectionId).not.toBe(other.connectionId);
  });

  it('of another room leaves the first, whose stragglers are not heard', async () => {
    const client = connect();
    await client.join('a');
    await client.join('b');
    const chats = collect(client, 'chat');
    server.tell('chat_message', { id: 'x', roomId: 'a', connectionId: 'c', message: 'late', createdAt: 1 });
    server.tell('presence_updated', { roomId: 'a', joined: [{ connectionId: 'ghost', presence: {} }] });
    await client.chat('here');
    expect(texts(chats)).toEqual(['here']);
    expect([...client.presence.keys()]).toEqual([client.connectionId]);
    expect(client.roomId).toBe('b');
  });

  it('rejects the join it replaces', async () => {
    const client = connect();
    const first = client.join('a');
    const second = client.join('b');
    await expect(first).rejects.toMatchObject({ code: 'LEFT_ROOM' });
    expect(await second).toMatchObject({ roomId: 'b' });
  });

  it('that the server forbids is rejected with its code, and not tried again', async () => {
    server.intercept = (frame, socket) => {
      socket.send(JSON.stringify({ type: 'error', payload: { code: 'FORBIDDEN', message: 'no' } }));
      return frame.type === 'join_room';
    };
    const client = connect();
    const chat = client.join('r').catch((error: unknown) => error);
    const said = client.chat('hello').catch((error: unknown) => error);
    expect(await chat).toMatchObject({ name: 'RoomsError', code: 'FORBIDDEN', message: 'no' });
    expect(await said).toMatchObject({ code: 'FORBIDDEN' });
    expect(client.roomId).toBeUndefined();
  });

  it('without an answer is tried again on another socket', async () => {
    server.intercept = () => server.upgrades.length === 1;
    const client = connect();
    const joined = client.join('r');
    await until(() => server.received.length === 1);
    clock.advance(10_000);
    expect(client.status).toBe('reconnecting');
    clock.advance(0);
    expect(await joined).toMatchObject({ roomId: 'r' });
  });
});

describe('presence', () => {
  it('of others follows what is heard, joined, left and updated in this order', async () => {
    const client = connect();
    await client.join('r');
    const changes = collect(client, 'presence');
    const entry = (connectionId: string, x: number) => ({ connectionId, presence: { x } });
    server.tell('presence_updated', { roomId: 'r' });
    server.tell('presence_updated', { roomId: 'r', joined: [entry('a', 1), entry('b', 1)] });
    server.tell('presence_updated', { roomId: 'r', joined: [entry('c', 1)], left: ['a'], updated: [entry('c', 2)] });
    await until(() => changes.length === 2);
    expect(client.presence.get('a')).toBeUndefined();
    expect(client.presence.get('c')).toEqual(entry('c', 2));
    expect(client.presence.size).toBe(3);
  });

  it('of oneself goes out at once, then at most once per window, and the last value always', async () => {
    const client = connect();
    await client.join('r');
    for (const x of [1, 2, 3]) client.updatePresence({ x });
    expect(client.presence.get(client.connectionId ?? '')?.presence).toEqual({ x: 3 });
    await client.chat('fence');
    expect(sent('update_presence')).toEqual([{ presence: { x: 1 } }]);
    clock.advance(100);
    await client.chat('fence');
    expect(sent('update_presence')).toEqual([{ presence: { x: 1 } }, { presence: { x: 3 } }]);
    clock.advance(1_000);
    client.updatePresence({ x: 4 });
    await client.chat('fence');
    expect(sent('update_presence')).toHaveLength(3);
  });

  it('set while the socket was away comes with the next join', async () => {
    const client = connect();
    await client.join('r', { presence: { x: 1 } });
    client.updatePresence({ x: 2 });
    client.updatePresence({ x: 3 });
    await breaks(client, () => client.updatePresence({ x: 4 }));
    expect(sent('join_room').at(-1)).toMatchObject({ presence: { x: 4 } });
    expect(client.presence.get(client.connectionId ?? '')?.presence).toEqual({ x: 4 });
  });
});

describe('events', () => {
  it.each([[0], [false], [''], [null], [{ deep: [1] }]])(
    'of others are heard with their payload %j',
    async (payload) => {
      const client = connect();
      await client.join('r');
      const heard = next(client, 'event');
      const event = { roomId: 'r', connectionId: 'other', event: 'draw', payload };
      server.tell('broadcast_event', event);
      expect(await heard).toEqual(event);
    },
  );

  it('go out as given, and without a payload where there is none', async () => {
    const client = connect();
    await client.join('r');
    expect([client.broadcast('a', null), client.broadcast('b')]).toEqual([true, true]);
    await client.chat('fence');
    expect(sent('broadcast_event')).toEqual([{ event: 'a', payload: null }, { event: 'b' }]);
  });

  it('sent while the socket is away wait for it', async () => {
    const client = connect();
    await client.join('r');
    await breaks(client, () => client.broadcast('late'));
    await until(() => sent('broadcast_event').length === 1);
    expect(server.received.map(({ type }) => type)).toEqual(['join_room', 'join_room', 'broadcast_event']);
  });

  it('are for nobody outside a room', () => {
    expect(connect().broadcast('x')).toBe(false);
  });
});

describe('chat', () => {
  it('resolves with the stored message, which is heard once', async () => {
    const client = connect();
    await client.join('r');
    const heard = collect(client, 'chat');
    const stored = await client.chat('hi', { mood: { b: 1, a: [null] } });
    expect(stored).toMatchObject({ message: 'hi', metadata: { mood: { b: 1, a: [null] } }, roomId: 'r' });
    expect(heard).toEqual([stored]);
    expect(client.history).toEqual([stored]);
  });

  it('gives equal messages an echo each', async () => {
    const client = connect();
    await client.join('r');
    const [one, two] = await Promise.all([client.chat('same'), client.chat('same')]);
    expect(one?.id).not.toBe(two?.id);
  });

  it('is not taken for its own when somebody else says the same', async () => {
    const client = connect();
    await client.join('r');
    const other = server.say('r', 'same');
    expect((await client.chat('same')).id).not.toBe(other.id);
  });

  it('outside a room is rejected', async () => {
    await expect(connect().chat('x')).rejects.toMatchObject({ code: 'NOT_IN_ROOM' });
  });

  it('said in the last moment before leaving still resolves', async () => {
    const client = connect();
    await client.join('r');
    const last = client.chat('bye');
    client.leave();
    expect((await last).message).toBe('bye');
    expect(client.history).toEqual([]);
    expect(server.received.at(-1)).toEqual({ type: 'leave_room', payload: { roomId: 'r' } });
  });

  it('that the server refuses is rejected with its code when a later one is answered', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = ({ payload }, socket) => {
      if (payload.message !== 'refused') return false;
      socket.send(JSON.stringify({ type: 'error', payload: { code: 'RATE_LIMITED', message: 'slow down' } }));
      return true;
    };
    const errors = collect(client, 'error');
    const refused = client.chat('refused');
    await client.chat('taken');
    await expect(refused).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(errors).toMatchObject([{ code: 'RATE_LIMITED', message: 'slow down' }]);
  });

  it('that is refused alone is said once more, then rejected', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = (_frame, socket) => {
      socket.send(JSON.stringify({ type: 'error', payload: { code: 'RATE_LIMITED', message: 'slow down' } }));
      return true;
    };
    const errors = collect(client, 'error');
    const refused = client.chat('refused').catch((error: unknown) => error);
    await until(() => errors.length === 1);
    clock.advance(10_000);
    await until(() => errors.length === 2);
    clock.advance(10_000);
    expect(await refused).toMatchObject({ code: 'RATE_LIMITED' });
    expect(sent('send_chat').map(({ messageId }) => messageId)).toEqual(Array(2).fill(sent('send_chat')[0]?.messageId));
    expect(client.status).toBe('open');
  });

  it('above 32 KB is rejected before it is sent', async () => {
    const client = connect();
    await client.join('r');
    const big = 'ä'.repeat(16_400);
    await expect(client.chat(big)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(client.join('other', { presence: { big } })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(() => client.broadcast('x', big)).toThrow('at most 32768 bytes');
    expect(() => client.updatePresence({ big })).toThrow('at most 32768 bytes');
    expect(client.roomId).toBe('r');
    expect(server.received).toHaveLength(1);
  });
});

describe('after a break', () => {
  it('what was missed is heard in order and once, on a new connection', async () => {
    const client = connect();
    await client.join('r');
    const before = client.connectionId;
    await client.chat('one');
    const heard = collect(client, 'chat');
    await breaks(client, () => {
      server.say('r', 'two');
      server.say('r', 'three');
    });
    await client.chat('four');
    expect(texts(heard)).toEqual(['two', 'three', 'four']);
    expect(texts(client.history)).toEqual(['one', 'two', 'three', 'four']);
    expect(client.connectionId).not.toBe(before);
    expect(sent('join_room').at(-1)).toMatchObject({ resume: { epoch: expect.any(String), sequence: 1 } });
  });

  it('a message whose echo was lost is said again under its id, stored once and heard once', async () => {
    const client = connect();
    await client.join('r');
    const heard = collect(client, 'chat');
    server.isMute = true;
    const said = client.chat('hello');
    await until(() => server.log('r').length === 1);
    await breaks(client, () => {
      server.isMute = false;
    });
    expect((await said).message).toBe('hello');
    await client.chat('fence');
    expect(texts(server.log('r'))).toEqual(['hello', 'fence']);
    expect(texts(heard)).toEqual(['hello', 'fence']);
    const [first, second] = sent('send_chat');
    expect(second).toEqual(first);
  });

  it('a message that never arrived is said again, before what was said later', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = ({ type }) => type === 'send_chat' && server.upgrades.length === 1;
    const said = Promise.all([client.chat('one'), client.chat('two')]);
    await until(() => sent('send_chat').length === 2);
    await breaks(client);
    await said;
    expect(texts(server.log('r'))).toEqual(['one', 'two']);
  });

  it('a message on its way when the socket breaks is stored once, an equal one later once more', async () => {
    const client = connect();
    await client.join('r');
    const heard = collect(client, 'chat');
    const said = client.chat('hello');
    server.cut(); // whether the frame or the echo made it is left to chance: both must do
    await until(() => client.status === 'reconnecting');
    clock.advance(0);
    await said;
    await client.chat('hello');
    expect(texts(server.log('r'))).toEqual(['hello', 'hello']);
    expect(texts(heard)).toEqual(['hello', 'hello']);
  });

  it('what overtook a message that never came does not hide it', async () => {
    const client = connect();
    await client.join('r');
    const heard = collect(client, 'chat');
    server.say('r', 'one', false);
    server.say('r', 'two');
    await until(() => heard.length === 1);
    await breaks(client);
    await until(() => heard.length === 2);
    expect(texts(heard)).toEqual(['two', 'one']);
    expect(texts(client.history)).toEqual(['one', 'two']);
  });

  it('chat said while the socket was away follows', async () => {
    const client = connect();
    await client.join('r');
    let said: Promise<unknown> = Promise.resolve();
    await breaks(client, () => {
      said = Promise.all([client.chat('a'), client.chat('b')]);
    });
    await said;
    expect(texts(server.log('r'))).toEqual(['a', 'b']);
  });

  it('says plainly when the log has started over', async () => {
    const client = connect();
    await client.join('r');
    await client.chat('old');
    server.forget('r');
    server.say('r', 'new');
    const joined = collect(client, 'joined');
    await breaks(client);
    expect(joined).toMatchObject([{ recovered: false }]);
    expect(texts(client.history)).toEqual(['new']);
  });

  it('a room that was left stays left', async () => {
    const client = connect();
    await client.join('r');
    client.leave();
    server.cut();
    await until(() => client.status === 'reconnecting');
    clock.advance(0);
    await until(() => client.status === 'open');
    expect(sent('join_room')).toHaveLength(1);
  });
});

describe('a server that falls silent', () => {
  it('costs a socket, not a message', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = ({ type }) => type === 'send_chat' && server.upgrades.length === 1;
    const said = client.chat('hello');
    await until(() => sent('send_chat').length === 1);
    clock.advance(10_000);
    expect(client.status).toBe('reconnecting');
    clock.advance(0);
    expect((await said).message).toBe('hello');
  });

  it('is given up for a message after three sockets', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = ({ type }) => type === 'send_chat';
    const said = client.chat('hello').catch((error: unknown) => error);
    const joins = collect(client, 'joined');
    for (let round = 1; round <= 3; round++) {
      await until(() => sent('send_chat').length === round && joins.length === round - 1);
      clock.advance(10_000);
      clock.advance(0);
    }
    expect(await said).toMatchObject({ code: 'TIMED_OUT' });
  });
});

describe('the connection', () => {
  it('hears a frame that comes with the opening itself', async () => {
    server.greeting = JSON.stringify({ type: 'error', payload: { code: 'HELLO', message: 'early' } });
    expect(await next(connect(), 'error')).toMatchObject({ code: 'HELLO' });
  });

  it('overlooks frames it cannot read, and types it does not know', async () => {
    const client = connect();
    await client.join('r');
    server.tell('server_news', { roomId: 'r' });
    server.greeting = 'not JSON';
    await breaks(client);
    expect((await client.chat('still here')).message).toBe('still here');
  });

  it('waits longer after every failure, at most 30 s, and forgets that when the server speaks', async () => {
    const delays: number[] = [];
    const listening = {
      ...clock,
      after(delayMs: number, task: () => void) {
        delays.push(delayMs);
        return clock.after(delayMs, task);
      },
    };
    const client = connect({ clock: listening, random: () => 1, url: 'ws://localhost:1/' });
    for (let attempt = 1; attempt <= 8; attempt++) {
      await until(() => delays.length === attempt);
      clock.advance(delays.at(-1) ?? 0);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(client.status).toBe('reconnecting');

    const other = connect({ clock: listening, random: () => 1 });
    await other.join('r');
    delays.length = 0;
    for (const round of [1, 2]) {
      server.cut();
      await until(() => delays.filter((delay) => delay === 500).length === round);
      const joined = next(other, 'joined');
      clock.advance(500);
      await joined;
    }
  });

  it('sends the token in the query, and asks for a new one each time', async () => {
    let count = 0;
    const client = connect({ url: `${server.url}?a=b`, token: async () => `t/${++count}` });
    await client.join('r');
    await breaks(client);
    await connect({ token: 'fixed' }).join('r');
    expect(server.upgrades).toEqual([
      '/live?a=b&access_token=t%2F1',
      '/live?a=b&access_token=t%2F2',
      '/live?access_token=fixed',
    ]);
  });

  it('tries again when the token cannot be had', async () => {
    let count = 0;
    const client = connect({
      token: () => {
        if (++count === 1) throw new Error('not signed in');
        return 'token';
      },
    });
    const joined = client.join('r');
    expect(await next(client, 'error')).toMatchObject({ code: 'NOT_CONNECTED' });
    clock.advance(0);
    expect(await joined).toMatchObject({ roomId: 'r' });
  });

  it('ends for good when closed, and says so to all who wait', async () => {
    const client = connect();
    await client.join('r');
    server.intercept = () => true;
    const said = client.chat('x');
    const statuses = collect(client, 'status');
    client.close();
    await expect(said).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.join('r')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.chat('x')).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => client.broadcast('x')).toThrow('closed');
    clock.advance(60_000);
    expect(statuses).toEqual(['closed']);
    expect(server.upgrades).toHaveLength(1);
  });
});
