import { afterEach, expect, it } from '@jest/globals';
import { defineBucket, dropBucket } from '../../functions/store/bucket-definitions.ts';
import { noexWorld } from '../support/noex.ts';

const world = await noexWorld({ auth: { required: false, permissions: { check: () => true } } });
const admin = await world.connect();
const client = await world.connect();
afterEach(() => expect(world.errors).toEqual([]));

const config = { key: 'id', schema: { id: { type: 'string' }, n: { type: 'number' } } };
const query = { bucket: 'notes', filter: { n: '{{ params.n }}' } };
const define = async () => {
  await admin.get('store.defineBucket', { name: 'notes', config });
  await admin.get('store.defineQuery', { name: 'some', config: query });
};
const subscribe = () => client.get('store.subscribe', { query: 'some', params: { n: 1 }, initialPush: false });
const pushes = (id: string) => client.frames().filter((one) => one.type === 'push' && one.subscriptionId === id);
const endings = () => client.frames().filter(({ event }) => event === 'subscription_ended');

it('who is subscribed to a query that is taken back hears that it has ended', async () => {
  await define();
  const { subscriptionId } = await subscribe();
  await admin.get('store.undefineQuery', { name: 'some' });
  await world.settled();
  expect(endings()).toEqual([
    { type: 'system', event: 'subscription_ended', subscriptionId, reason: 'query_undefined' },
  ]);
  expect(await client.refusal('store.unsubscribe', { subscriptionId })).toBe('NOT_FOUND');
  expect(await client.refusal('store.subscribe', { query: 'some' })).toBe('QUERY_NOT_DEFINED');
});

it('so does who is subscribed to a query on a bucket that is dropped; defined again it begins empty', async () => {
  await admin.get('store.defineQuery', { name: 'some', config: query });
  const { subscriptionId } = await subscribe();
  await admin.get('store.insert', { bucket: 'notes', data: { id: 'a', n: 1 } });
  await admin.get('store.dropBucket', { name: 'notes' });
  await world.settled();
  expect(endings().at(-1)).toMatchObject({ subscriptionId, reason: 'bucket_dropped' });
  await admin.get('store.defineBucket', { name: 'notes', config });
  const again = await subscribe();
  expect(again.data).toEqual([]);
  await admin.get('store.insert', { bucket: 'notes', data: { id: 'b', n: 1 } });
  await world.settled();
  expect(pushes(again.subscriptionId).map(({ data }) => data)).toEqual([[expect.objectContaining({ id: 'b' })]]);
  expect(pushes(subscriptionId)).toHaveLength(1);
});

it('a new index changes nothing for who is subscribed', async () => {
  const { subscriptionId, data } = await subscribe();
  expect(data).toHaveLength(1);
  await admin.get('store.updateBucket', { name: 'notes', updates: { addIndexes: ['n'] } });
  for (let n = 0; n < 3; n++) await admin.get('store.insert', { bucket: 'notes', data: { id: `after ${n}`, n } });
  await world.settled();
  expect(pushes(subscriptionId).at(-1)?.data).toHaveLength(2);
});

it.each([
  ['bucket_dropped', 'store.dropBucket', { type: 'store.defineBucket', name: 'notes', config }],
  ['query_undefined', 'store.undefineQuery', { type: 'store.defineQuery', name: 'some', config: query }],
])('what is made anew as soon as it is gone is something else: %s', async (reason, type, anew) => {
  const { subscriptionId: old } = await subscribe();
  const hasty = await world.connect({
    onFrame: (socket, frame) => {
      if (frame.startsWith('{"id":900,')) world.dispatch(socket, JSON.stringify({ id: 901, ...anew }));
    },
  });
  await world.direct(hasty.socket, JSON.stringify({ id: 900, type, name: anew.name }));
  await world.settled();
  expect(hasty.frames().at(-1)).toMatchObject({ id: 901, type: 'result' });
  expect(endings()).toContainEqual({ type: 'system', event: 'subscription_ended', subscriptionId: old, reason });
  const { subscriptionId } = await subscribe();
  await admin.get('store.insert', { bucket: 'notes', data: { id: `${reason} 1`, n: 1 } });
  await admin.get('store.clear', { bucket: 'notes' });
  await world.settled();
  expect(pushes(subscriptionId).at(-1)?.data).toEqual([]);
  expect(pushes(old)).toEqual([]);
  await client.get('store.unsubscribe', { subscriptionId });
});

it('who asks before the others have heard of it is answered, and goes on hearing', async () => {
  const { subscriptionId: old } = await subscribe();
  const endedBefore = endings().length;
  await dropBucket(world.ports, 'notes');
  await defineBucket(world.ports, 'notes', config);
  const { subscriptionId, data } = await subscribe();
  expect(data).toEqual([]);
  for (let n = 0; n < 3; n++) await admin.get('store.insert', { bucket: 'notes', data: { id: `${n}`, n: 1 } });
  await world.settled();
  expect(pushes(subscriptionId).at(-1)?.data).toHaveLength(3);
  expect(endings().slice(endedBefore)).toEqual([
    { type: 'system', event: 'subscription_ended', subscriptionId: old, reason: 'bucket_dropped' },
  ]);
  expect(pushes(old)).toEqual([]);
});
