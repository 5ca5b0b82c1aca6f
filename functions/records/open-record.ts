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

/** A record as one request sees it: its owner, the user, and the key. */
export interface OpenRecord {
  readonly record: Record;
  /** The signed-in user. */
  readonly user: Identity | undefined;
  /** The valid key that the caller gave instead of a name. */
  readonly key: { readonly policy: KeyPolicy; readonly creatorId: UserId } | undefined;
  /** The user to whom the action is attributed; null for a subjectless key, even if a user is signed in. */
  readonly subjectId: UserId | null;
}

/**
 * Finds the record of a key or a name. The caller's own user id, or the id of one of their studios, names a record that
 * is created on first use.
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
 * Opens a record for writing. A write needs a signed-in user, unless the key is subjectless.
 * @throws Failure also `not_logged_in`
 */
export async function openForWriting(ports: Ports, caller: Caller, keyOrName: string): Promise<OpenRecord> {
  const opened = await openRecord(ports, caller, keyOrName);
  if (opened.user || opened.key?.policy === 'subjectless') return opened;
  throw new Failure('not_logged_in', 'You have to be signed in to write to this record.');
}

/** A record by its name, without authorization. */
export function recordNamed(ports: Ports, name: string): Promise<Record | undefined> {
  return readRecord(ports.table, name);
}

async function findRecord(ports: Ports, identity: Identity | undefined, name: string): Promise<Record> {
  const record = await recordOrOwn(ports, identity, name);
  if (record) return record;
  throw new Failure('record_not_found', `There is no record named ${JSON.stringify(name.slice(0, longestName))}.`);
}

/**
 * The record of this name. A record that the name says is the caller's own is created on first use. Undefined if there
 * is none.
 */
export async function recordOrOwn(
  ports: Ports,
  identity: Identity | undefined,
  name: string,
): Promise<Record | undefined> {
  // Longer than any name, and perhaps too long for a table key.
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

/** The owner whose subscription applies. */
export function ownerOf({ ownerId, studioId }: Record): Owner {
  return ownerId !== null ? { userId: ownerId } : { studioId: studioId ?? '' };
}

/** The publisher of an item: the creator of the key, else the caller, else the owner of the record. */
export function publisherOf({ key, subjectId, record }: OpenRecord): UserId | null {
  return key?.creatorId ?? subjectId ?? record.ownerId;
}
