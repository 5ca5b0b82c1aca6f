import type { HttpMessage } from './http-messages.ts';

/** Units that one call consumed on one table, its indexes included. */
export interface Usage {
  readonly table: string;
  readonly units: number;
}

/** Operations that can return their consumed capacity. */
const metered: ReadonlySet<string> = new Set([
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'TransactGetItems',
  'TransactWriteItems',
]);

const contentLength = /(\r\ncontent-length:[ \t]*)\d+/i;

/** The request with `ReturnConsumedCapacity` added before its other fields, unless it already has it. */
export function addConsumedCapacityRequest(operation: string, message: HttpMessage): Buffer {
  const text = message.body.toString();
  if (!metered.has(operation) || text.includes('"ReturnConsumedCapacity"')) return message.bytes;
  const body = Buffer.from(text.replace('{', '{"ReturnConsumedCapacity":"TOTAL",'));
  const head = message.head.replace(contentLength, `$1${body.length}`);
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]);
}

/** The consumed capacity in an answer; nothing for errors. */
export function usageOf(body: Buffer): Usage[] {
  const text = body.toString();
  if (!text.includes('"ConsumedCapacity"')) return [];
  // The answer has one entry, or a list of them for batches and transactions.
  const { ConsumedCapacity: consumed } = JSON.parse(text) as { ConsumedCapacity?: Consumed | Consumed[] };
  const entries = consumed === undefined ? [] : Array.isArray(consumed) ? consumed : [consumed];
  return entries.map((entry) => ({ table: entry.TableName, units: entry.CapacityUnits }));
}

interface Consumed {
  readonly TableName: string;
  readonly CapacityUnits: number;
}
