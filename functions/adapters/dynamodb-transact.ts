import { randomUUID } from 'node:crypto';
import type { Item, Table, Transacted, TransactWrite } from '../core/table.ts';
import { AwsError } from './aws-error.ts';
import { sha256Hex } from './aws-signature.ts';
import { type Patience, patiently } from './back-off.ts';
import type { DynamoDb } from './dynamodb-client.ts';
import { type Expressions, writeExpressions } from './dynamodb-expression.ts';
import { type Attributes, itemOf, keyOf, marshalItem } from './dynamodb-json.ts';
import { meterRefused } from './dynamodb-meter.ts';

export type PlacedWrite = TransactWrite & { readonly in?: Table };

/** A conflict lasts a few milliseconds, as long as the other transaction, but many callers may write the same item. */
const patience: Patience = { attempts: 10, firstMs: 10, longestMs: 300 };

/** Why one write made DynamoDB cancel the transaction; `None` if it did not. */
interface Reason {
  readonly Code?: string;
  readonly Item?: unknown;
}

/** Temporary reasons. Nothing was written, so the same token may be used again. */
const passing = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Makes all writes or none, in `tableName` or in the table that each names. A repeat with the same `token` within ten
 * minutes is a no-op.
 */
export async function transact(
  dynamoDb: DynamoDb,
  tableName: string,
  writes: readonly PlacedWrite[],
  token: string = randomUUID(),
): Promise<Transacted> {
  const request = {
    TransactItems: writes.map((write) => transactItem(write.in?.name ?? tableName, write)),
    ClientRequestToken: token.length <= 36 ? token : sha256Hex(token).slice(0, 36),
  };
  try {
    await patiently(dynamoDb.pauses, patience, isInTheWay, () => dynamoDb.call('TransactWriteItems', request));
    return { ok: true };
  } catch (error) {
    const reasons = reasonsOf(error);
    if (!reasons.some(isLost)) throw error;
    const current = reasons.map((reason) => (isLost(reason) ? itemOf(reason.Item) : undefined));
    if (dynamoDb.meter) meterRefused(dynamoDb.meter, 'TransactWriteItems', tableName, current);
    return { ok: false, lost: reasons.map(isLost), current };
  }
}

/** Reads items as of one moment, in the order of their keys. */
export async function transactGet(
  dynamoDb: DynamoDb,
  tableName: string,
  keys: readonly Attributes[],
): Promise<(Item | undefined)[]> {
  const request = { TransactItems: keys.map((Key) => ({ Get: { TableName: tableName, Key } })) };
  const answer = await patiently(dynamoDb.pauses, patience, isInTheWay, () =>
    dynamoDb.call('TransactGetItems', request),
  );
  // DynamoDB's answer: an object for each key, empty where there is no item.
  return (answer.Responses as readonly { readonly Item?: unknown }[]).map((one) => itemOf(one.Item));
}

function transactItem(TableName: string, write: PlacedWrite): Readonly<Record<string, unknown>> {
  const place = (expressions: Expressions) => ({
    TableName,
    ...expressions,
    ...(expressions.ConditionExpression ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } : {}),
  });
  if ('put' in write)
    return { Put: { Item: marshalItem(write.put), ...place(writeExpressions(undefined, write.when)) } };
  if ('update' in write)
    return { Update: { Key: keyOf(write.update), ...place(writeExpressions(write.change, write.when)) } };
  if ('delete' in write)
    return { Delete: { Key: keyOf(write.delete), ...place(writeExpressions(undefined, write.when)) } };
  return { ConditionCheck: { Key: keyOf(write.check), ...place(writeExpressions(undefined, write.when)) } };
}

/** Cancellation reasons in the order of the writes; empty for other errors. */
function reasonsOf(error: unknown): readonly Reason[] {
  if (!(error instanceof AwsError) || error.code !== 'TransactionCanceledException') return [];
  return Array.isArray(error.details.CancellationReasons) ? error.details.CancellationReasons : [];
}

function isLost(reason: Reason): boolean {
  return reason.Code === 'ConditionalCheckFailed';
}

/** Whether all reasons are temporary. A failed condition is final, even next to a conflict. */
function isInTheWay(error: unknown): boolean {
  const codes = reasonsOf(error).map((reason) => reason.Code ?? 'None');
  return codes.some((code) => passing.has(code)) && codes.every((code) => code === 'None' || passing.has(code));
}
