import { afterEach, describe, expect, it } from '@jest/globals';
import { createDynamoDb } from '../../functions/adapters/dynamodb-client.ts';
import type { Metered } from '../../functions/adapters/dynamodb-meter.ts';
import { createTable } from '../../functions/adapters/dynamodb-table.ts';
import { ex } from '../../functions/core/expression.ts';
import { type Reaction, type Service, startService } from '../support/service.ts';
import { openTables } from '../support/tables.ts';

/** Answers of DynamoDB that the embedded engine never gives. */

let service: Service;
afterEach(() => service.close());

async function tableThatAnswers(...reactions: readonly Reaction[]) {
  service = await startService((_request, count) => reactions[Math.min(count, reactions.length - 1)] ?? {});
  return createTable(createDynamoDb(service.client()), 'table');
}
const asked = () => service.requests.map((request) => JSON.parse(request.body.toString()));
const refused = (code: string, more: object = {}): Reaction => ({
  status: 400,
  body: { __type: `a#${code}`, ...more },
});
const cancelled = (...codes: string[]) =>
  refused('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) });

describe('a put whose answer got lost', () => {
  const item = { pk: 'a', sk: 'b', tags: new Set(['x', 'y']), none: undefined };
  const free = ex`attribute_not_exists(pk)`;
  const lostAgainst = (tags: string[]) =>
    refused('ConditionalCheckFailedException', { Item: { pk: { S: 'a' }, sk: { S: 'b' }, tags: { SS: tags } } });

  it('has won when its repeat finds what it wrote', async () => {
    const table = await tableThatAnswers('drop', lostAgainst(['y', 'x']));
    expect(await table.put(item, free)).toEqual({ ok: true, item: undefined });
  });

  it('has lost when its repeat finds something else', async () => {
    const table = await tableThatAnswers('drop', lostAgainst(['z']));
    expect(await table.put(item, free)).toMatchObject({ ok: false, current: { tags: new Set(['z']) } });
  });

  it('has lost against its like when it was asked once only', async () => {
    const table = await tableThatAnswers(lostAgainst(['x', 'y']));
    expect(await table.put(item, free)).toMatchObject({ ok: false });
  });
});

describe('a batch that is answered in part', () => {
  const keys = ['1', '2', '3'].map((sk) => ({ pk: 'a', sk }));
  const found = (...sks: string[]) => ({ table: sks.map((sk) => ({ pk: { S: 'a' }, sk: { S: sk } })) });
  const left = (...sks: string[]) => ({ table: { Keys: found(...sks).table, ConsistentRead: true } });

  it('asks again for what was left, at once where something came', async () => {
    const table = await tableThatAnswers(
      { body: { Responses: found('1'), UnprocessedKeys: left('2', '3') } },
      { body: { Responses: {}, UnprocessedKeys: left('2', '3') } },
      { body: { Responses: found('2', '3'), UnprocessedKeys: {} } },
    );
    expect(await table.batchGet(keys)).toEqual(keys);
    expect(asked().map((input) => input.RequestItems.table.Keys.length)).toEqual([3, 2, 2]);
    expect(service.pauses).toHaveLength(1);
  });

  it('gives up when nothing comes for long', async () => {
    const table = await tableThatAnswers({ body: { Responses: {}, UnprocessedKeys: left('1') } });
    await expect(table.batchGet(keys)).rejects.toMatchObject({ code: 'UnprocessedKeys' });
  });
});

describe('a transaction in the way of another', () => {
  const writes = [{ put: { pk: 'a', sk: 'b' } }, { delete: { pk: 'a', sk: 'c' } }];

  it('is tried again under the same token until it goes through', async () => {
    const table = await tableThatAnswers(
      cancelled('TransactionConflict', 'None'),
      refused('TransactionInProgressException'),
      cancelled('None', 'ThrottlingError'),
      { body: {} },
    );
    expect(await table.transact(writes)).toEqual({ ok: true });
    expect(new Set(asked().map((input) => input.ClientRequestToken)).size).toBe(1);
    expect(service.pauses).toHaveLength(3);
  });

  it('has lost where a condition failed besides', async () => {
    const table = await tableThatAnswers(cancelled('TransactionConflict', 'ConditionalCheckFailed'));
    expect(await table.transact(writes)).toEqual({ ok: false, lost: [false, true], current: [undefined, undefined] });
    expect(service.requests).toHaveLength(1);
  });

  it('throws what no repeat would change', async () => {
    const table = await tableThatAnswers(cancelled('TransactionConflict', 'ValidationError'));
    await expect(table.transact(writes)).rejects.toMatchObject({ code: 'TransactionCanceledException' });
    expect(service.requests).toHaveLength(1);
  });
});

describe('the meter', () => {
  it('hears what each call cost, refused ones included, and nobody asks without it', async () => {
    const plain = await tableThatAnswers({ body: {} });
    await plain.get({ pk: 'a', sk: 'b' });
    expect(asked()[0]).not.toHaveProperty('ReturnConsumedCapacity');

    const heard: Metered[] = [];
    const { table, connections } = await openTables((call) => heard.push(call));
    const at = { pk: 'a', sk: 'b' };
    await table.put({ ...at, filler: 'x'.repeat(1500) });
    await table.get(at);
    await table.put(at, ex`attribute_not_exists(pk)`);
    await table.transact([{ put: { pk: 'a', sk: 'c' } }, { put: at, in: connections }]);
    const of = (name: string) =>
      heard.filter((call) => call.table === name).map(({ operation, reads, writes }) => [operation, reads, writes]);
    expect(of(table.name)).toEqual([
      ['PutItem', 0, 2],
      ['GetItem', 1, 0],
      ['PutItem', 0, 2],
      ['TransactWriteItems', 0, 2],
    ]);
    expect(of(connections.name)).toEqual([['TransactWriteItems', 0, 2]]);
  });
});
