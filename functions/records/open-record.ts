import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Owner } from '../core/limits.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { KeyPolicy } from '../core/record-keys.ts';
import { parseRecordKey } from '../core/record-keys.ts';
import { studioRole } from '../studios/membership.ts';
import { longestName } from './contract.ts';
import { hashOfKey, newSecret } from './record-keys.ts';
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
 * Finds the record that a key or a name means. A name that is the caller's own user id, or the id of a studio that they
 * belong to, means a record of theirs, made on first use.
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

/**
 * The same for whoever is about to write: somebody has to answer for it, unless the key says that nobody does.
 * @throws Failure also `not_logged_in`
 */
export async function openForWriting(ports: Ports, caller: Caller, keyOrName: string): Promise<OpenRecord> {
  const opened = await openRecord(ports, caller, keyOrName);
  if (opened.user || opened.key?.policy === 'subjectless') return opened;
  throw new Failure('not_logged_in', 'You have to be signed in to write to this record.');
}

/** A record by its name, whoever asks. */
export function recordNamed(ports: Ports, name: string): Promise<Record | undefined> {
  return readRecord(ports.table, name);
}

async function findRecord(ports: Ports, identity: Identity | undefined, name: string): Promise<Record> {
  const record = await recordOrOwn(ports, identity, name);
  if (record) return record;
  throw new Failure('record_not_found', `There is no record named ${JSON.stringify(name.slice(0, longestName))}.`);
}

/** The record of this name, made on first use where the name says that it is the caller's; undefined where there is none. */
export async function recordOrOwn(
  ports: Ports,
  identity: Identity | undefined,
  name: string,
): Promise<Record | undefined> {
  // Longer than any name, and perhaps than a key of the table.
  if (name.length > longestName) return undefined;
  const record = await readRecord(ports.table, name);
  const isOwnName = identity !== undefined && name === identity.userId;
  if (record && !(isOwnName && record.ownerId !== name)) return record;
  const studioId = !isOwnName && identity && (await studioRole(ports.table, name, identity.userId)) ? name : null;
  if (!isOwnName && studioId === null) return undefined;
  const ownerId = isOwnName ? identity.userId : null;
  const own: Record = { name, ownerId, studioId, salt: newSecret(ports.ids) };
  const made = record ? await takeOver(ports.table, record, own) : await putRecord(ports.table, own);
  return made ? own : recordOrOwn(ports, identity, name);
}

/** Whose subscription counts. */
export function ownerOf({ ownerId, studioId }: Record): Owner {
  return ownerId !== null ? { userId: ownerId } : { studioId: studioId ?? '' };
}

/** Who is noted as the publisher: who made the key, else who asks, else whose record it is. */
export function publisherOf({ key, subjectId, record }: OpenRecord): UserId | null {
  return key?.creatorId ?? subjectId ?? record.ownerId;
}
