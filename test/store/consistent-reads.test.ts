import { afterAll, expect, it } from '@jest/globals';
import type { Operation } from '../../functions/core/contract.ts';
import { protocol } from '../../functions/protocol.ts';
import { askToFinishBuckets } from '../../functions/store/finish-bucket.ts';
import { noexWorld } from '../support/noex.ts';
import { type DynamoRequest, watchEngine } from '../support/watched-engine.ts';

/**
 * The engine of tests always reads what was written last; DynamoDB only when it is told to, and never from a global index.
 * So it is looked at what is asked of it.
 */

/** They count who is connected, in lists that may be a moment old. */
const counting = /^(server\..*|store\.(stats|listQueries))$/;
const isListOfSockets = ({ input }: DynamoRequest): boolean =>
  String(input.TableName).startsWith('connections') && String(input.IndexName).startsWith('gsi');

/** All reads of a request that may miss what has been acknowledged. */
function staleReads({ operation, input }: DynamoRequest): unknown[] {
  switch (operation) {
    case 'GetItem':
    case 'Query':
    case 'Scan':
      return input.ConsistentRead === true ? [] : [{ operation, ...input }];
    case 'BatchGetItem':
      return Object.values<{ ConsistentRead?: boolean }>(input.RequestItems).filter(
        (one) => one.ConsistentRead !== true,
      );
    default:
      // Transactions read what was committed last.
      return [];
  }
}

const engine = await watchEngine();
afterAll(() => engine.stop());

const text = { type: 'string' } as const;
const world = await noexWorld({
  auth: { required: false, permissions: { check: () => true } },
  buckets: {
    people: { key: 'id', schema: { id: text } },
    notes: {
      key: 'id',
      schema: {
        id: text,
        n: { type: 'number' },
        code: { ...text, unique: true },
        of: { ...text, ref: 'people', onDelete: 'cascade' },
        number: { type: 'number', generated: 'autoincrement' },
      },
      indexes: ['n'],
    },
    bounded: { key: 'id', schema: { id: text, n: { type: 'number' } }, maxSize: 2, ttl: '1h' },
    sorted: { key: 'id', schema: { id: text, n: { type: 'number' } }, etsType: 'ordered_set' },
  },
  queries: { all: (ctx) => ctx.bucket('notes').all() },
});
const client = await world.connect();

const buckets = ['notes', 'bounded', 'sorted', 'people', 'late'];
const names = (Object.values(protocol) as { operations: Readonly<Record<string, Operation>> }[])
  .flatMap(({ operations }) => Object.values(operations))
  .flatMap(({ socket }) => (socket?.dialect === 'noex' ? socket.type : []));

const data = { id: 'a', n: 1, code: 'A', of: 'a' };
const step = { key: 'a', data };
const config = { key: 'id', schema: { id: text, n: { type: 'number' } }, bucket: 'late' };
const steps = (bucket: string) => [
  { action: 'store.get', bucket, key: 'a', as: 'one' },
  { action: 'store.where', bucket, filter: { n: 1 }, as: 'some' },
  { action: 'store.insert', bucket, data: { id: 'b', n: 2 } },
];

/** Whatever any operation could want; what it does not know it overlooks. */
const frame = (type: string, bucket: string) => ({
  bucket,
  key: 'a',
  data: type === 'store.insertMany' ? [{ id: 'c', n: 3 }, { id: 'd' }, { id: 'e' }] : data,
  filter: { n: 1 },
  field: 'n',
  n: 2,
  limit: 1,
  ...(type === 'store.paginate' ? { after: 'a' } : {}),
  aggregate: { function: 'sum', field: 'n' },
  operations: ['get', 'update', 'where', 'count'].map((op) => ({ op, bucket, ...step, filter: { n: 1 } })),
  name: 'late',
  config,
  updates: { addIndexes: ['n'], addFields: { code: { ...text, unique: true } } },
  query: 'all',
  params: {},
  procedure: { name: 'late', steps: steps(bucket), transaction: true },
  input: {},
  topic: 'topic',
  pattern: '*',
  value: 1,
  token: 'no token',
  subscriptionId: 'none',
});

it('whatever is asked for, nothing is read that may be old', async () => {
  const ends = ['store.dropBucket', 'store.undefineQuery', 'procedures.unregister', 'auth.logout'];
  const inOrder = [
    ...['store.defineBucket', 'store.defineQuery', 'procedures.register', 'store.insert', 'store.updateBucket'],
    ...names.filter((name) => !ends.includes(name)),
    ...ends,
  ];
  const silent: string[] = [];
  const done = new Set<string>();
  for (const type of inOrder) {
    for (const bucket of buckets) {
      engine.take();
      const { type: answer } = await client.ask(type, frame(type, bucket));
      if (answer === 'result') done.add(type);
      const requests = engine.take().filter((one) => !(counting.test(type) && isListOfSockets(one)));
      const stale = requests.flatMap(staleReads);
      expect({ type, bucket, stale }).toEqual({ type, bucket, stale: [] });
      if (requests.length === 0) silent.push(type);
    }
  }
  expect(silent).toEqual([]);
  // There is no subscription to end.
  const mayFail = ['store.unsubscribe'];
  const ours = names.filter((name) => /^(store|procedures)\./.test(name) && !mayFail.includes(name));
  expect(ours.filter((name) => !done.has(name))).toEqual([]);
});

it('what happens behind the scenes reads nothing old either', async () => {
  const name = 'later';
  await client.get('store.defineBucket', { name, config });
  await client.get('store.insertMany', { bucket: name, data: [{ id: 'a', n: 1 }, { id: 'b' }] });
  await client.get('store.updateBucket', { name, updates: { addIndexes: ['n'] } });
  world.advance(60_000);
  engine.take();
  await askToFinishBuckets(world.ports);
  await world.settled();
  const requests = engine.take();
  expect(requests.flatMap(staleReads)).toEqual([]);
  expect(requests.some(({ operation }) => operation === 'Query')).toBe(true);
});

it('an old read would be noticed', () => {
  expect(staleReads({ operation: 'GetItem', input: {} })).toHaveLength(1);
  expect(staleReads({ operation: 'Query', input: { IndexName: 'gsi1', ConsistentRead: false } })).toHaveLength(1);
  expect(staleReads({ operation: 'BatchGetItem', input: { RequestItems: { table: { Keys: [] } } } })).toHaveLength(1);
  expect(staleReads({ operation: 'GetItem', input: { ConsistentRead: true } })).toEqual([]);
});
