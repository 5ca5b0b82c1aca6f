import { afterEach, describe, expect, it } from '@jest/globals';
import app from '../../app/app.config.ts';
import { refreshAffected } from '../../functions/queries/affected.ts';
import { store } from '../../functions/store/operations.ts';
import { liveQuery } from '../support/live-queries.ts';
import { liveWorld } from '../support/live-world.ts';

const world = await liveWorld({ ...app, auth: { required: false, permissions: { check: () => true } } });
const client = await world.connect();
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

let count = 0;
const newName = () => `counter-${++count}`;
const send = (type: string, fields: object) =>
  world.dispatch(client.socket, JSON.stringify({ id: 1, type, ...fields }));
const insertOf = (name: string) => ({ bucket: 'counters', data: { name } });

describe('a change by somebody who does not look at live queries', () => {
  it('is pushed when the stream tells of it', async () => {
    const name = newName();
    const query = await liveQuery(await world.connect(), 'counter', { name });
    const insert = store.find((one) => one.name === 'store.insert');
    await insert?.run(world.ports, { identity: undefined, ip: '' }, insertOf(name));
    expect(query.pushes()).toEqual([]);
    await world.repair();
    expect(query.view()).toMatchObject({ name });
  });

  it('is not pushed twice where it has been pushed at once', async () => {
    const name = newName();
    const query = await liveQuery(await world.connect(), 'counter', { name });
    const record = await client.get('store.insert', insertOf(name));
    await world.repair();
    expect(query.pushes()).toEqual([record]);
  });
});

describe.each(Array.from({ length: 16 }, (_, ios) => ios))('a process that is killed before its I/O %i', (ios) => {
  it('loses no push of what it wrote', async () => {
    const name = newName();
    const query = await liveQuery(await world.connect(), 'counter', { name });
    world.killNextAfter(ios);
    send('store.insert', insertOf(name));
    await world.settled();
    await world.repair();
    expect(query.view()).toEqual(await client.get('store.get', { bucket: 'counters', key: name }));
  });

  it('does not hold up those who subscribe after it', async () => {
    const name = newName();
    const early = await world.connect();
    world.killNextAfter(ios);
    world.dispatch(
      early.socket,
      JSON.stringify({ id: 5, type: 'store.subscribe', query: 'counter', params: { name } }),
    );
    await world.settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    world.advance(11_000);
    const query = await liveQuery(await world.connect(), 'counter', { name });
    const record = await client.get('store.insert', insertOf(name));
    await world.repair();
    expect([query.data, query.view()]).toEqual([null, record]);
    const answered = early.frames().find(({ id }) => id === 5)?.data;
    if (!answered) return;
    const pushed = early.frames().filter(({ subscriptionId }) => subscriptionId === answered.subscriptionId);
    expect(pushed.at(-1)?.data).toEqual(record);
  });

  it('leaves nothing behind of a connection that is closed', async () => {
    const name = newName();
    const leaving = await world.connect();
    await liveQuery(leaving, 'counter', { name });
    world.killNextAfter(ios);
    leaving.socket.close();
    await world.settled();
    await world.repair();
    expect(await world.ports.connections.query({ pk: `CONN#${leaving.socket.id}` })).toEqual([]);
    const dependents = `DEPENDENTS#counters#row#s:${name}`;
    await client.get('store.insert', insertOf(name));
    await world.repair();
    expect(await world.ports.connections.query({ pk: dependents })).toEqual([]);
  });
});

describe('a query that was defined at run time', () => {
  const config = { bucket: 'tasks', filter: { status: '{{ params.status }}' }, fields: ['title'] };
  const listed = async (name: string) =>
    (await client.get('store.listQueries')).queries.find((one: { name: string }) => one.name === name);

  it('is counted, and ends for everybody when it is taken back', async () => {
    const name = newName();
    await client.get('store.defineQuery', { name, config });
    const query = await liveQuery(client, name, { status: 'done' });
    expect(await listed(name)).toMatchObject({ type: 'declarative', activeSubscriptions: 1 });
    await client.get('store.insert', { bucket: 'tasks', data: { title: 'A', status: 'done' } });
    expect(query.pushes()).toEqual([[{ title: 'A' }]]);
    await client.get('store.undefineQuery', { name });
    await world.repair();
    expect(query.notices()).toEqual([
      { type: 'system', event: 'subscription_ended', subscriptionId: query.id, reason: 'query_undefined' },
    ]);
    expect(await client.refusal('store.unsubscribe', { subscriptionId: query.id })).toBe('NOT_FOUND');
  });

  it('does not go on as another one of the same name', async () => {
    const name = newName();
    await client.get('store.defineQuery', { name, config });
    const query = await liveQuery(client, name, { status: 'todo' });
    await client.get('store.undefineQuery', { name });
    await client.get('store.defineQuery', { name, config: { bucket: 'tasks', aggregate: { function: 'count' } } });
    await world.repair();
    expect(query.notices()).toMatchObject([{ reason: 'query_undefined' }]);
    expect((await liveQuery(client, name, { status: 'todo' })).data).toEqual(expect.any(Number));
  });

  it('ends when its bucket is dropped', async () => {
    const [name, bucket] = [newName(), newName()];
    await client.get('store.defineBucket', { name: bucket, config: { key: 'id', schema: { id: { type: 'string' } } } });
    await client.get('store.defineQuery', { name, config: { bucket } });
    const query = await liveQuery(client, name);
    await client.get('store.dropBucket', { name: bucket });
    await world.repair();
    expect(query.notices()).toMatchObject([{ event: 'subscription_ended', reason: 'bucket_dropped' }]);
  });

  it('follows its bucket through changes of fields and indexes', async () => {
    const [name, bucket] = [newName(), newName()];
    const schema = { id: { type: 'string' }, kind: { type: 'string' } };
    await client.get('store.defineBucket', { name: bucket, config: { key: 'id', schema } });
    await client.get('store.defineQuery', { name, config: { bucket, filter: { kind: 'a' }, fields: ['id'] } });
    const query = await liveQuery(client, name);
    const insert = (id: string) => client.get('store.insert', { bucket, data: { id, kind: 'a' } });
    await insert('1');
    await client.get('store.updateBucket', { name: bucket, updates: { addIndexes: ['kind'] } });
    await insert('2');
    await world.repair();
    await insert('3');
    await world.repair();
    expect(query.view()).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
  });
});

describe('one change that several processes tell of at the same time', () => {
  it('is pushed once', async () => {
    const name = newName();
    const query = await liveQuery(await world.connect(), 'counter', { name });
    const insert = store.find((one) => one.name === 'store.insert');
    await insert?.run(world.ports, { identity: undefined, ip: '' }, insertOf(name));
    const touches = [`counters#row#s:${name}`];
    const tell = () => refreshAffected(world.ports, [{ touches, mark: 'one change' }]);
    await Promise.all(Array.from({ length: 8 }, tell));
    expect(query.pushes()).toEqual([expect.objectContaining({ name })]);
  });
});
