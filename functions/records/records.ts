import { isUserId } from '../auth/people.ts';
import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Owner } from '../core/limits.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { KeyPolicy } from '../core/record-keys.ts';
import { recordKey } from '../core/record-keys.ts';
import { studioRole } from '../studios/membership.ts';
import { recordsContract } from './contract.ts';
import { recordOrOwn } from './open-record.ts';
import { hashOfKey, newSecret } from './record-keys.ts';
import type { Record } from './record-store.ts';
import { putKey, putRecord, recordsOf } from './record-store.ts';

/**
 * Records and their keys. If several callers create the same name at once, one succeeds. A key's secret is shown once
 * and stored as a hash. Only the owner, or a member of the owning studio, may create keys.
 */
export const records = implement('records', recordsContract, {
  async createRecord(ports, caller, { recordName, ownerId, studioId }) {
    const { userId } = signedIn(caller);
    if (studioId !== undefined) {
      if ((await studioRole(ports.table, studioId, userId)) !== 'admin') {
        throw new Failure('not_authorized', 'Only administrators of the studio may make records for it.');
      }
    } else if (ownerId !== undefined && ownerId !== userId) {
      throw new Failure('not_authorized', 'A record can be made for oneself, or for a studio.');
    }
    await make(ports, recordName, userId, studioId);
    return {};
  },

  async listRecords(ports, caller, { studioId, userId }) {
    const self = signedIn(caller);
    if (studioId !== undefined && (await studioRole(ports.table, studioId, self.userId)) === undefined) {
      throw new Failure('not_authorized', 'Only members of the studio may list its records.');
    }
    const owner = studioId !== undefined ? { studioId } : { userId: userId ?? self.userId };
    const found = await recordsOf(ports.table, owner);
    return {
      records: found.map((record) => ({ name: record.name, ownerId: record.ownerId, studioId: record.studioId })),
    };
  },

  async createRecordKey(ports, caller, { recordName, policy }) {
    const identity = signedIn(caller);
    const wanted = policyOf(policy);
    const { userId } = identity;
    const record =
      (await recordOrOwn(ports, identity, recordName)) ?? (await make(ports, recordName, userId, undefined));
    if (!(await mayMakeKeys(ports, record, userId))) {
      throw new Failure('unauthorized_to_create_record_key', 'Not authorized to create keys for this record.');
    }
    const secret = newSecret(ports.ids);
    await putKey(ports.table, record.name, hashOfKey(record.salt, secret), { policy: wanted, creatorId: userId });
    return { recordKey: recordKey({ recordName: record.name, secret, policy: wanted }), recordName: record.name };
  },
});

function policyOf(policy: string | undefined): KeyPolicy {
  if (policy === undefined || policy === '' || policy === 'subjectfull') return 'subjectfull';
  if (policy === 'subjectless') return 'subjectless';
  const given = JSON.stringify(policy.slice(0, 64));
  throw new Failure('invalid_policy', `The policy must be subjectfull or subjectless, not ${given}.`);
}

async function mayMakeKeys(ports: Ports, record: Record, userId: UserId): Promise<boolean> {
  if (record.ownerId !== null) return record.ownerId === userId;
  return record.studioId !== null && (await studioRole(ports.table, record.studioId, userId)) !== undefined;
}

/** @throws Failure `record_already_exists`, or one for a limit of the owner's subscription */
async function make(ports: Ports, name: string, userId: UserId, studioId: string | undefined): Promise<Record> {
  const owner: Owner = studioId === undefined ? { userId } : { studioId };
  await refuseOverLimit(ports, owner);
  const isAnothersId = name !== userId && (await isUserId(ports, name));
  const record: Record = {
    name,
    ownerId: studioId === undefined ? userId : null,
    studioId: studioId ?? null,
    salt: newSecret(ports.ids),
  };
  if (isAnothersId || !(await putRecord(ports.table, record))) {
    throw new Failure('record_already_exists', `A record named ${JSON.stringify(name)} already exists.`);
  }
  return record;
}

async function refuseOverLimit(ports: Ports, owner: Owner): Promise<void> {
  const { records: limit } = await ports.limits.of(owner);
  if (limit?.allowed === false) throw new Failure('not_authorized', 'The subscription allows no records.');
  if (limit?.maxRecords === undefined) return;
  const present = await recordsOf(ports.table, owner);
  if (present.length >= limit.maxRecords) {
    throw new Failure('subscription_limit_reached', `The subscription allows ${limit.maxRecords} records.`);
  }
}

/** The contract admits only signed-in callers. */
function signedIn({ identity }: Caller): Identity {
  if (identity) return identity;
  throw new Failure('not_logged_in', 'You have to be signed in for this.');
}
