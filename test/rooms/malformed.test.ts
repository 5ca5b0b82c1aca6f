import { afterEach, describe, expect, it } from '@jest/globals';
import { newRoom, roomWorld } from '../support/rooms.ts';
import type { Client } from '../support/sockets.ts';

const world = await roomWorld();
afterEach(() => {
  expect(world.errors).toEqual([]);
  expect(world.dead).toEqual([]);
});

const invalidJson = { code: 'INVALID_JSON', message: 'Invalid JSON' };
const unknown = { code: 'INVALID_MESSAGE', message: 'Unknown or invalid message type' };
const invalid = { code: 'INVALID_MESSAGE', message: expect.not.stringMatching(/undefined \(|TypeError|at .*:\d+/) };
const tooLarge = { code: 'PAYLOAD_TOO_LARGE', message: expect.any(String) };
const frame = (type: string, payload?: unknown) => JSON.stringify({ type, payload });
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const cases: readonly (readonly [string, string, object])[] = [
  ['no JSON', 'hello', invalidJson],
  ['an empty frame', '', invalidJson],
  ['half an object', '{"type":"join_room"', invalidJson],
  ['null', 'null', unknown],
  ['a number', '1', unknown],
  ['a string', '"join_room"', unknown],
  ['an array', '[{"type":"join_room"}]', unknown],
  ['an empty object', '{}', unknown],
  ['a type that is no string', '{"type":1}', unknown],
  ['a type of ours', '{"type":"room_joined","payload":{}}', unknown],
  ['a type named like an object member', '{"type":"constructor"}', unknown],
  ['a known type without payload', frame('send_chat'), invalid],
  ['a payload that is null', '{"type":"join_room","payload":null}', invalid],
  ['a payload that is an array', '{"type":"send_chat","payload":[]}', invalid],
  ['no room id', frame('join_room', {}), invalid],
  ['an empty room id', frame('join_room', { roomId: '' }), invalid],
  ['a room id that is no string', frame('join_room', { roomId: 7 }), invalid],
  ['a room id of 257 characters', frame('join_room', { roomId: 'x'.repeat(257) }), invalid],
  ['presence that is a string, joining', frame('join_room', { roomId: 'r', presence: 'x' }), invalid],
  ['presence that is a string', frame('update_presence', { presence: 'x' }), invalid],
  ['presence that is a number', frame('update_presence', { presence: 1 }), invalid],
  ['presence that is a boolean', frame('update_presence', { presence: true }), invalid],
  ['presence that is an array', frame('update_presence', { presence: [] }), invalid],
  ['presence missing', frame('update_presence', {}), invalid],
  ['an event without name', frame('broadcast_event', {}), invalid],
  ['an event with an empty name', frame('broadcast_event', { event: '' }), invalid],
  ['an event whose name is a number', frame('broadcast_event', { event: 1 }), invalid],
  ['a message that is no string', frame('send_chat', { message: 1 }), invalid],
  ['metadata that is a string', frame('send_chat', { message: 'x', metadata: 'y' }), invalid],
  ['metadata that is an array', frame('send_chat', { message: 'x', metadata: [] }), invalid],
  ['a message id of 65 characters', frame('send_chat', { message: 'x', messageId: 'x'.repeat(65) }), invalid],
  ['a leave that names a room by number', frame('leave_room', { roomId: 7 }), invalid],
  ['nesting without end', `{"type":"broadcast_event","payload":{"event":"x","payload":${nested(50_000)}}}`, invalid],
  ['a message that cannot go out again', frame('send_chat', { message: 'x'.repeat(128 * 1024 - 100) }), tooLarge],
  [
    'presence that cannot go out again',
    frame('update_presence', { presence: { x: 'x'.repeat(128 * 1024 - 100) } }),
    tooLarge,
  ],
  [
    'an event that cannot go out again',
    frame('broadcast_event', { event: 'e', payload: 'x'.repeat(128 * 1024 - 100) }),
    tooLarge,
  ],
];

describe('malformed input is answered to the offender only, who keeps socket and room', () => {
  it.each(cases)('%s', async (_, text, expected) => {
    const [alice, bob] = (await world.together(newRoom(), 2)) as [Client, Client];
    bob.sendText(text);
    await world.settled();
    expect(bob.take()).toEqual([{ type: 'error', payload: expected }]);
    bob.send('send_chat', { message: 'still here' });
    await world.settled();
    expect(bob.heard).toMatchObject([{ type: 'chat_message', payload: { message: 'still here' } }]);
    expect(alice.heard).toEqual(bob.heard);
  });

  it('inside the throttle window too', async () => {
    const [alice] = (await world.together(newRoom(), 2)) as [Client];
    alice.send('update_presence', { presence: { x: 1 } });
    alice.send('update_presence', { presence: 'x' });
    await world.settled();
    expect(alice.heard).toEqual([{ type: 'error', payload: invalid }]);
  });

  it('null counts as absent presence in a join, and unknown fields are ignored', async () => {
    const roomId = newRoom();
    const client = await world.connect();
    client.sendText(JSON.stringify({ type: 'join_room', extra: 1, payload: { roomId, presence: null, extra: 2 } }));
    await world.settled();
    expect(client.heard[0]?.payload.presence).toEqual({ [client.id]: { connectionId: client.id, presence: {} } });
  });
});
