import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { KeyPolicy } from './record-keys.ts';
import { hashOfKey, newSecret, parseRecordKey } from './record-keys.ts';
import type { Record } from './record-store.ts';
import { putRecord, readKey, readRecord, takeOver } from './record-store.ts';

/** A record as one request sees it: whose it is, who asks, and by what key. */
export interface OpenRecord {
  readonly record: Record;
  /** Who is signed in. */
  readonly user: Identity | undefined;
  /** The key that was given instead of a name; it holds. */
  readonly key: { readonly policy: KeyPolicy; readonly creatorId: UserId } | undefined;
  /** Who is noted as having done it; null for a subjectless key, even if somebody is signed in. */
  readonly subjectId: UserId | null;
}

/**
 * Finds the record that a key or a name means. A name that is the caller's own user id means a record of theirs, made on
 * first use.
 * @throws Failure `record_not_found`, `invalid_record_key`
 */
export async function openRecord(ports: Ports, { identity }: Caller, keyOrName: string): Promise<OpenRecord> {
  const parsed = parseRecordKey(keyOrName);
  if (!parsed) {
    const record = await findRecord(ports, identity, keyOrName.trim());
    return { record, user: identity, key: undefined, subjectId: identity?.userId ?? null };
  }
  const record = await findRecord(ports, identity, parsed.recordName);
  const key = await readKey(ports.table, record.name, hashOfKey(record.salt, parsed.secret));
  if (!key || key.policy !== parsed.policy) {
    throw new Failure('invalid_record_key', 'The record key does not fit the record.');
  }
  const subjectId = key.policy === 'subjectless' ? null : (identity?.userId ?? null);
  return { record, user: identity, key, subjectId };
}

/** A record by its name, whoever asks. */
export function recordNamed(ports: Ports, name: string): Promise<Record | undefined> {
  return readRecord(ports.table, name);
}

async function findRecord(ports: Ports, identity: Identity | undefined, name: string): Promise<Record> {
  const record = await readRecord(ports.table, name);
  const isOwnName = identity !== undefined && name === identity.userId;
  if (record && !(isOwnName && record.ownerId !== name)) return record;
  if (!isOwnName)
    throw new Failure('record_not_found', `There is no record named ${JSON.stringify(name.slice(0, 128))}.`);
  const own: Record = { name, ownerId: identity.userId, studioId: null, salt: newSecret(ports.ids) };
  const made = record ? await takeOver(ports.table, record, own) : await putRecord(ports.table, own);
  return made ? own : findRecord(ports, identity, name);
}

/** Who is noted as the publisher: who made the key, else who asks, else whose record it is. */
export function publisherOf({ key, subjectId, record }: OpenRecord): UserId | null {
  return key?.creatorId ?? subjectId ?? record.ownerId;
}
