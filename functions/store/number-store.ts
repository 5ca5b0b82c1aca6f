import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Table } from '../core/table.ts';

/** A bucket's counter: it assigns each number once, in ascending order. Numbers of failed inserts are lost. */

/** @returns this many consecutive numbers */
export async function takeNumbers(table: Table, bucket: string, count: number): Promise<number[]> {
  const taken = await table.update(keys.numbers(bucket), ex`ADD last ${count}`);
  const last = Number(taken.ok ? taken.item?.last : undefined);
  return Array.from({ length: count }, (_, at) => last - count + 1 + at);
}

/** Raises the counter above a number that a client has chosen itself. */
export async function raiseNumbers(table: Table, bucket: string, number: number): Promise<void> {
  await table.update(keys.numbers(bucket), ex`SET last = ${number}`, {
    when: ex`attribute_not_exists(last) OR last < ${number}`,
  });
}
