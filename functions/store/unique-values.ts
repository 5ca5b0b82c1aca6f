import { together } from '../core/concurrently.ts';
import { type Expression, ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';
import type { Item, Key } from '../core/table.ts';
import type { Bucket } from './bucket.ts';
import { bucketNamed } from './bucket-store.ts';
import { keyText, uniqueText } from './key-text.ts';
import { placeOf } from './partitions.ts';
import { alreadyExists, tooBusy } from './refusals.ts';
import { isUnchanged, type Row, readRow, rowKey, rowOf, rowsByTime } from './row-store.ts';

/** Each value of a unique field has an item that names its record. */

/** @param at the key of the value's item */
export function claimOf(at: Key, { key, record: { _expiresAt: exp } }: Row): Key & Item {
  return { ...at, owner: keyText(key), ...(exp === undefined ? {} : { exp, ttl: Math.ceil(exp / 1000) + 3600 }) };
}

/** Values of records from before the field became unique may have no item. */
export const isOf = (owner: string, now: number): Expression =>
  ex`attribute_not_exists(pk) OR owner = ${owner} OR exp <= ${now}`;

/** Checks whether fields can become unique. @throws Failure `already_exists` for a value that two records have */
export async function refuseDuplicates(ports: Ports, bucket: Bucket, fields: readonly string[]): Promise<void> {
  if (fields.length === 0) return;
  const seen = new Set<string>();
  for await (const { record } of rowsByTime(ports, bucket)) {
    for (const field of fields) {
      const text = uniqueText(own(record, field));
      if (text === undefined) continue;
      const id = JSON.stringify([field, text]);
      if (seen.has(id)) throw alreadyExists(bucket.name, field, own(record, field));
      seen.add(id);
    }
  }
}

const atOnce = 10;

/**
 * Claims the values that records have in fields which have just become unique.
 * @throws Failure `already_exists`
 */
export async function claimAll(ports: Ports, name: string, fields: readonly string[]): Promise<void> {
  const bucket = await bucketNamed(ports, name);
  let rows: Row[] = [];
  const claim = () => together(rows.map((row) => claimValues(ports, bucket, row, fields)));
  for await (const row of rowsByTime(ports, bucket)) {
    if (fields.every((field) => uniqueText(own(row.record, field)) === undefined)) continue;
    rows.push(row);
    if (rows.length < atOnce) continue;
    await claim();
    rows = [];
  }
  await claim();
}

/** Undoes the claims. */
export async function freeAll(ports: Ports, name: string, fields: readonly string[]): Promise<void> {
  const bucket = await bucketNamed(ports, name);
  for await (const { key, record } of rowsByTime(ports, bucket)) {
    for (const field of fields) {
      const text = uniqueText(own(record, field));
      if (text === undefined) continue;
      await ports.table.delete(keys.unique(name, bucket.generation, field, text), ex`owner = ${keyText(key)}`);
    }
  }
}

/** Claims the values of one record, as long as the record has them. */
export async function claimValues(ports: Ports, bucket: Bucket, row: Row, fields: readonly string[]): Promise<void> {
  for (const field of fields) await claimValue(ports, bucket, row, field);
}

const mostTries = 20;

async function claimValue(ports: Ports, bucket: Bucket, found: Row, field: string): Promise<void> {
  const { table, clock } = ports;
  let row: Row | undefined = found;
  for (let tries = 0; row && tries < mostTries; tries += 1) {
    const text = uniqueText(own(row.record, field));
    if (text === undefined) return;
    const at = keys.unique(bucket.name, bucket.generation, field, text);
    const current = await table.get(at);
    const owner = await holderOf(ports, bucket, field, text, current);
    if (owner !== undefined && owner !== keyText(row.key)) {
      throw alreadyExists(bucket.name, field, own(row.record, field));
    }
    if (owner !== undefined) return;
    const when = current ? ex`owner = ${current.owner}` : isOf(keyText(row.key), clock.now());
    const done = await table.transact([
      { check: rowKey(bucket, row.key), when: isUnchanged(row) },
      { put: claimOf(at, row), when },
    ]);
    if (done.ok) return;
    row = await readRow(ports, bucket, row.key);
  }
  if (row) throw tooBusy();
}

/** The record that currently has a value: the value's item may be stale after a change of the record. */
async function holderOf(
  { table, clock }: Ports,
  bucket: Bucket,
  field: string,
  text: string,
  claim: Item | undefined,
): Promise<string | undefined> {
  if (!claim) return undefined;
  const owner = String(claim.owner);
  const row = rowOf(bucket, await table.get(placeOf(bucket, owner)), clock.now());
  return row && uniqueText(own(row.record, field)) === text ? owner : undefined;
}
