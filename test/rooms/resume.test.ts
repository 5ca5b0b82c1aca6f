import { afterEach, describe, expect, it } from '@jest/globals';
import { newRoom, roomWorld, texts } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld({ chatHistoryLimit: 5, chatRetentionDays: 30 });
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const joined = (client: Client) => client.heard.find((frame) => frame.type === 'room_joined')?.payload;
const say = async (client: Client, ...messages: string[]) => {
  for (const message of messages) client.send('send_chat', { message });
  await world.settled();
};

describe('resuming', () => {
  it('gives positions to those who ask, and stock frames to everybody else', async () => {
    const roomId = newRoom();
    const ours = await world.inside(roomId, { resume: true });
    const stock = await world.inside(roomId);
    await say(stock, 'one', 'two');
    expect(joined(ours)).toMatchObject({ epoch: expect.any(String), sequence: 0, recovered: false });
    expect(ours.of('chat_message').map((frame) => frame.payload.sequence)).toEqual([1, 2]);
    expect(Object.keys(joined(stock)).sort()).toEqual(['chatHistory', 'connectionId', 'presence', 'roomId']);
    for (const { payload } of stock.of('chat_message')) expect(payload).not.toHaveProperty('sequence');
  });

  it('brings everything that was missed, in order, however much more than a snapshot holds', async () => {
    const roomId = newRoom();
    const ours = await world.inside(roomId, { resume: true });
    const stock = await world.inside(roomId);
    await say(stock, 'seen');
    const { epoch } = joined(ours);
    ours.vanish();
    const missed = Array.from({ length: 20 }, (_, n) => `missed ${n}`);
    await say(stock, ...missed);
    const back = await world.inside(roomId, { resume: { epoch, sequence: 1 } });
    expect(joined(back)).toMatchObject({ epoch, sequence: 21, recovered: true, chatHistory: [] });
    expect(texts(back.heard)).toEqual(missed);
    expect(back.of('chat_message').map((frame) => frame.payload.sequence)).toEqual(missed.map((_, n) => n + 2));
    await say(stock, 'new');
    expect(texts(back.heard).at(-1)).toBe('new');
  });

  it('with nothing missed recovers to nothing new', async () => {
    const roomId = newRoom();
    const ours = await world.inside(roomId, { resume: true });
    await say(ours, 'one');
    const back = await world.inside(roomId, { resume: { epoch: joined(ours).epoch, sequence: 1 } });
    expect(joined(back)).toMatchObject({ recovered: true, chatHistory: [], sequence: 1 });
    expect(texts(back.heard)).toEqual([]);
  });

  it.each([
    ['another epoch', { epoch: 'other', sequence: 1 }],
    ['a number from the future', { sequence: 99 }],
  ])('from %s says so and starts over', async (_, wrong) => {
    const roomId = newRoom();
    const ours = await world.inside(roomId, { resume: true });
    await say(ours, 'one', 'two');
    const back = await world.inside(roomId, { resume: { epoch: joined(ours).epoch, ...wrong } });
    expect(joined(back)).toMatchObject({ recovered: false, sequence: 2 });
    expect(joined(back).chatHistory.map((one: { message: string }) => one.message)).toEqual(['one', 'two']);
  });

  it('from what retention has taken away says so', async () => {
    const roomId = newRoom();
    const ours = await world.inside(roomId, { resume: true });
    await say(ours, 'old', 'older');
    world.advance(31 * 24 * 3_600_000);
    const stock = await world.inside(roomId);
    expect(joined(stock).chatHistory).toEqual([]);
    await say(stock, 'young');
    const back = await world.inside(roomId, { resume: { epoch: joined(ours).epoch, sequence: 0 } });
    expect(joined(back).recovered).toBe(false);
    expect(joined(back).chatHistory.map((one: { message: string }) => one.message)).toEqual(['young']);
  });
});

describe('a message id', () => {
  it('repeated is stored once, and echoed again to its sender only', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    for (let n = 0; n < 3; n++) alice.send('send_chat', { message: 'once', messageId: 'm1' });
    await world.settled();
    expect(texts(bob.heard)).toEqual(['once']);
    expect(new Set(alice.of('chat_message').map((frame) => frame.payload.id)).size).toBe(1);
    expect(texts(alice.heard)).toEqual(['once', 'once', 'once']);
    const late = await world.inside(roomId);
    expect(joined(late).chatHistory).toHaveLength(1);
  });

  it('repeated from two sockets at once is stored once', async () => {
    const roomId = newRoom();
    const clients = await world.together(roomId, 6);
    for (const client of clients) client.send('send_chat', { message: 'raced', messageId: 'm' });
    await world.settled();
    const late = await world.inside(roomId);
    expect(joined(late).chatHistory).toHaveLength(1);
    for (const client of clients) expect(texts(client.heard).length).toBeGreaterThanOrEqual(1);
  });

  it('that two strangers thought of loses neither message', async () => {
    const roomId = newRoom();
    const [alice, bob] = (await world.together(roomId, 2)) as [Client, Client];
    alice.send('send_chat', { message: 'hello from alice', messageId: '1' });
    bob.send('send_chat', { message: 'hello from bob', messageId: '1' });
    await world.settled();
    for (const client of [alice, bob]) {
      expect(texts(client.heard).sort()).toEqual(['hello from alice', 'hello from bob']);
    }
  });

  it('sent again after a reconnect is known by its words', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    alice.send('send_chat', { message: 'hi', metadata: { a: 1 }, messageId: '1' });
    await world.settled();
    alice.close();
    const again = await world.inside(roomId);
    again.send('send_chat', { message: 'hi', metadata: { a: 1 }, messageId: '1' });
    await world.settled();
    expect(texts(again.heard)).toEqual(['hi']);
    const late = await world.inside(roomId);
    expect(joined(late).chatHistory).toHaveLength(1);
  });

  it('is remembered for ten minutes', async () => {
    const roomId = newRoom();
    const [alice] = (await world.together(roomId, 1)) as [Client];
    alice.send('send_chat', { message: 'a', messageId: 'm' });
    await world.settled();
    world.advance(11 * 60_000);
    alice.send('send_chat', { message: 'b', messageId: 'm' });
    await world.settled();
    expect(texts(alice.heard)).toEqual(['a', 'b']);
  });
});
