import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { socketWorld } from '../support/sockets.ts';
import type { TypedClient } from '../support/typed-client.ts';
import { asAnnounced, typed } from '../support/typed-client.ts';
import { makeWorld } from '../support/world.ts';

/**
 * Frames to the letter, as clients we did not write receive them. Clock and ids of this world count, so the texts are the
 * same in every run. A difference here is a difference in somebody's app: mean it, and say in the commit who notices.
 */

const { ports } = await makeWorld({ anonymous: new Set(['rooms', 'insts']) });
const world = socketWorld(ports);
let alice: TypedClient;
let bob: TypedClient;
let late: TypedClient;

/** One afternoon in a room: whatever is sent appears in it. */
beforeAll(async () => {
  alice = typed(await world.connect());
  bob = typed(await world.connect());
  alice.send('join_room', { roomId: 'lobby', presence: { x: 1 } });
  await world.settled();
  bob.send('join_room', { roomId: 'lobby', name: 'Bob', email: 'bob@example.com' });
  await world.settled();
  bob.send('update_presence', { presence: { cursor: [1, 2] } });
  await world.settled();
  bob.send('broadcast_event', { event: 'wave', payload: { hand: 'left' } });
  bob.send('broadcast_event', { event: 'nod' });
  bob.send('send_chat', { message: 'Grüße\u2028"', metadata: { mood: null } });
  await world.settled();
  late = typed(await world.connect());
  late.send('join_room', { roomId: 'lobby', resume: true });
  await world.settled();
  bob.send('leave_room', {});
  await world.settled();
  alice.client.sendText('{');
  alice.client.send('dance');
  alice.client.send('join_room', { roomId: '' });
  await world.settled();
});

afterAll(() => expect(world.dead).toEqual([]));

const textsOf = (client: TypedClient, type: string) =>
  client.client.texts.filter((text) => text.startsWith(`{"type":"${type}",`));

describe('openlivesync', () => {
  it('room_joined to whoever comes first', () => {
    expect(textsOf(alice, 'room_joined')).toEqual([
      '{"type":"room_joined","payload":{"roomId":"lobby","connectionId":"c000001=","presence":{"c000001=":{"connectionId":"c000001=","presence":{"x":1}}},"chatHistory":[]}}',
    ]);
  });

  it('room_joined with others, history, and the numbers that were asked for', () => {
    expect(textsOf(late, 'room_joined')).toEqual([
      '{"type":"room_joined","payload":{"roomId":"lobby","connectionId":"c000011=","presence":{"c000011=":{"connectionId":"c000011=","presence":{}},"c000001=":{"connectionId":"c000001=","presence":{"x":1}},"c000003=":{"connectionId":"c000003=","name":"Bob","email":"bob@example.com","presence":{"cursor":[1,2]}}},"chatHistory":[{"roomId":"lobby","connectionId":"c000003=","message":"Grüße\u2028\\"","metadata":{"mood":null},"id":"000000000000.1","createdAt":1795208400000}],"epoch":"000000000000","sequence":1,"recovered":false}}',
    ]);
  });

  it('presence_updated of who joined, changed and left', () => {
    expect(textsOf(alice, 'presence_updated')).toEqual([
      '{"type":"presence_updated","payload":{"roomId":"lobby","joined":[{"connectionId":"c000003=","name":"Bob","email":"bob@example.com","presence":{}}]}}',
      '{"type":"presence_updated","payload":{"roomId":"lobby","updated":[{"connectionId":"c000003=","name":"Bob","email":"bob@example.com","presence":{"cursor":[1,2]}}]}}',
      '{"type":"presence_updated","payload":{"roomId":"lobby","joined":[{"connectionId":"c000011=","presence":{}}]}}',
      '{"type":"presence_updated","payload":{"roomId":"lobby","left":["c000003="]}}',
    ]);
  });

  it('broadcast_event with and without a payload', () => {
    expect(textsOf(alice, 'broadcast_event')).toEqual([
      '{"type":"broadcast_event","payload":{"roomId":"lobby","connectionId":"c000003=","event":"wave","payload":{"hand":"left"}}}',
      '{"type":"broadcast_event","payload":{"roomId":"lobby","connectionId":"c000003=","event":"nod"}}',
    ]);
  });

  it('chat_message, the same text to everybody', () => {
    const text =
      '{"type":"chat_message","payload":{"roomId":"lobby","connectionId":"c000003=","message":"Grüße\u2028\\"","metadata":{"mood":null},"id":"000000000000.1","createdAt":1795208400000}}';
    expect(textsOf(alice, 'chat_message')).toEqual([text]);
    expect(textsOf(bob, 'chat_message')).toEqual([text]);
  });

  it('error for what is no JSON, no known type, no valid payload', () => {
    expect(textsOf(alice, 'error')).toEqual([
      '{"type":"error","payload":{"code":"INVALID_JSON","message":"Invalid JSON"}}',
      '{"type":"error","payload":{"code":"INVALID_MESSAGE","message":"Unknown or invalid message type"}}',
      '{"type":"error","payload":{"code":"INVALID_MESSAGE","message":"The request was invalid: roomId: a room id has at least one character"}}',
    ]);
  });

  it('says nothing that its contracts do not announce', () => {
    const all = [alice, bob, late].flatMap(({ client }) => client.heard).filter(({ type }) => type !== 'error');
    expect(all.length).toBeGreaterThan(0);
    for (const { type, payload } of all) expect(asAnnounced(type, payload)).toEqual(payload);
  });
});

describe('casualos', () => {
  let texts: readonly string[];
  beforeAll(async () => {
    const carol = await world.connect({ path: '/api/v2/websocket' });
    const say = (text: string) => world.direct(carol, text);
    await say('[1,1,{"type":"login"}]');
    await say('[1,2,{"type":"login","connectionId":"me"}]');
    await say('[1,3,{"type":"login","connectionToken":"vCT1"}]');
    await say('[2,4]');
    await say('[4,5,"https://example.com/elsewhere","GET",{}]');
    await say('[1,6,{"type":"dance"}]');
    await say('[0]');
    texts = carol.texts;
  });

  it('login_result, by an id and refused', () => {
    expect(texts.slice(0, 3)).toEqual([
      '[1,0,{"type":"login_result","success":false,"errorCode":"unacceptable_connection_id","errorMessage":"A login takes a connectionToken, or a connectionId of 1 to 1024 characters."}]',
      '[1,0,{"type":"login_result","success":true,"info":{"userId":null,"sessionId":null,"connectionId":"me"}}]',
      '[1,0,{"type":"login_result","success":false,"errorCode":"unacceptable_connection_token","errorMessage":"The connection token cannot be read."}]',
    ]);
  });

  it('where to put a big message', () => {
    expect(texts[3]).toMatch(/^\[3,4,"https:\/\/blobs\.example\.com\/messages\/in\/[0-9a-f-]{36}\?upload","PUT",{}\]$/);
  });

  it('errors', () => {
    expect(texts.slice(4)).toEqual([
      '[5,5,{"success":false,"errorCode":"message_not_found","errorMessage":"There is no message at this URL."}]',
      '[5,6,{"success":false,"errorCode":"unacceptable_request","errorMessage":"There is no message type \\"dance\\".","issues":[{"code":"custom","path":["type"],"message":"There is no message type \\"dance\\"."}]}]',
      '[5,null,{"success":false,"errorCode":"unacceptable_request","errorMessage":"An event is an array: a number from 1 to 5, an id, and what belongs to it.","issues":[{"code":"custom","path":[],"message":"An event is an array: a number from 1 to 5, an id, and what belongs to it."}]}]',
    ]);
  });
});

describe('yjs', () => {
  it('what we know first, what was lacking, acknowledgements, errors, and news for others', async () => {
    const dave = await world.connect({ path: '/yjs/-/inst/branch' });
    const eve = await world.connect({ path: '/yjs/-/inst/branch' });
    await world.settled();
    const say = (text: string) => world.direct(dave, text);
    await say('{"type":"yjs","data":"AAABAA=="}');
    await say('{"type":"yjs","data":"AAIPAQEBAAQBBHRleHQCaGkA","id":"mine"}');
    await say('{"type":"yjs","data":"AQsBAQEHeyJ4IjoxfQ=="}');
    await say('{"type":"yjs","data":"!","id":2}');
    await say('{"type":"yjs","data":"AAABAA=="}');
    expect(dave.texts).toEqual([
      '{"type":"yjs","data":"AAABAA=="}',
      '{"type":"yjs","data":"AAECAAA="}',
      '{"type":"saved","id":"mine"}',
      '{"type":"error","code":"malformed_message","message":"This is no message of the Yjs protocols.","id":2}',
      '{"type":"yjs","data":"AAEPAQEBAAQBBHRleHQCaGkA"}',
    ]);
    expect(eve.texts).toEqual([
      '{"type":"yjs","data":"AAABAA=="}',
      '{"type":"yjs","data":"AAIPAQEBAAQBBHRleHQCaGkA"}',
      '{"type":"yjs","data":"AQsBAQEHeyJ4IjoxfQ=="}',
    ]);
  });
});
