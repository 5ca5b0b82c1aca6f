/** The cost of one call, for benchmarks and cost tests; not requested in production. */
export interface Metered {
  readonly operation: string;
  readonly table: string;
  /** Capacity units: half a read unit per 4 KB read eventually, a write unit per KB, twice that in a transaction. */
  readonly units: number;
  readonly reads: number;
  readonly writes: number;
}

export type Meter = (call: Metered) => void;

interface Consumed {
  readonly TableName: string;
  readonly CapacityUnits?: number;
}

const reading = new Set(['GetItem', 'BatchGetItem', 'TransactGetItems', 'Query']);

/** Reports the capacity that a call consumed, according to its answer: one entry per table. */
export function meterAnswer(meter: Meter, operation: string, answer: Readonly<Record<string, unknown>>): void {
  // DynamoDB's answer: one object, or one per table in batches and transactions.
  const consumed = answer.ConsumedCapacity as Consumed | readonly Consumed[] | undefined;
  for (const { TableName, CapacityUnits = 0 } of [consumed ?? []].flat()) {
    const reads = reading.has(operation) ? CapacityUnits : 0;
    meter({ operation, table: TableName, units: CapacityUnits, reads, writes: CapacityUnits - reads });
  }
}

/**
 * The answer to a refused write reports no consumption, but AWS charges it: one unit per begun KB of the existing item.
 */
export function meterRefused(meter: Meter, operation: string, table: string, current: unknown): void {
  const units = Math.max(1, Math.ceil(JSON.stringify(current ?? '').length / 1024));
  meter({ operation, table, units, reads: 0, writes: units });
}
