import { ex } from '../core/expression.ts';
import { keys, passkeyPrefix } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Key, Table, TransactWrite } from '../core/table.ts';

/** A passkey, as stored in the table. It contains no secret. */
export interface Passkey {
  readonly id: string;
  readonly userId: UserId;
  readonly credentialId: string;
  /** COSE. */
  readonly publicKey: Uint8Array;
  /** The number of uses that the authenticator counted; 0 if it does not count. */
  readonly counter: number;
  readonly aaguid: string;
  readonly credentialDeviceType: 'singleDevice' | 'multiDevice';
  readonly credentialBackedUp: boolean;
  readonly transports: readonly string[];
  readonly registeringUserAgent: string | null;
  readonly createdAtMs: EpochMs;
}

/** Oldest first. */
export async function passkeysOf(table: Table, userId: UserId): Promise<Passkey[]> {
  const { pk } = keys.passkey(userId, '');
  const items = await table.query({ pk, beginsWith: passkeyPrefix });
  return items.map(passkeyOf).sort((a, b) => a.createdAtMs - b.createdAtMs);
}

export async function readPasskey(table: Table, userId: UserId, id: string): Promise<Passkey | undefined> {
  const item = await table.get(keys.passkey(userId, id));
  return item && passkeyOf(item);
}

/** Of any user. */
export async function findPasskey(table: Table, credentialId: string): Promise<Passkey | undefined> {
  const pointer = await table.get(keys.credential(credentialId));
  // Only this file writes such items.
  return pointer && readPasskey(table, pointer.userId as UserId, String(pointer.passkeyId));
}

/** The writes that create a passkey. The transaction fails if the credential already has an owner. */
export function newPasskey(passkey: Passkey): TransactWrite[] {
  const { id, userId, credentialId } = passkey;
  const isNew = ex`attribute_not_exists(pk)`;
  return [
    { put: { ...keys.passkey(userId, id), ...passkey }, when: isNew },
    { put: { ...keys.credential(credentialId), userId, passkeyId: id }, when: isNew },
  ];
}

/** Part of signing in: the passkey still exists, and no concurrent use has advanced its counter as far. */
export function used({ userId, id }: Passkey, counter: number): TransactWrite {
  return {
    update: keys.passkey(userId, id),
    change: ex`SET counter = ${counter}`,
    when: counter === 0 ? ex`counter = ${0}` : ex`counter < ${counter}`,
  };
}

/** @returns false if it no longer exists */
export async function removePasskey(table: Table, { userId, id, credentialId }: Passkey): Promise<boolean> {
  const gone = (key: Key): TransactWrite => ({ delete: key, when: ex`attribute_exists(pk)` });
  return (await table.transact([gone(keys.passkey(userId, id)), gone(keys.credential(credentialId))])).ok;
}

function passkeyOf(item: Item): Passkey {
  return item as unknown as Passkey; // only written above
}
