import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { passkeysOf, readPasskey, removePasskey } from './passkey-store.ts';

/** The passkeys of a user. */

/** The ids by which browsers know a user's passkeys; returned with every session. */
export async function credentialIdsOf(table: Table, userId: UserId): Promise<string[]> {
  return (await passkeysOf(table, userId)).map(({ credentialId }) => credentialId);
}

export async function listUserAuthenticators({ table }: Ports, caller: Caller) {
  const passkeys = await passkeysOf(table, identityOf(caller).userId);
  return {
    authenticators: passkeys.map((passkey) => ({
      id: passkey.id,
      aaguid: passkey.aaguid,
      userId: passkey.userId,
      credentialId: passkey.credentialId,
      credentialDeviceType: passkey.credentialDeviceType,
      credentialBackedUp: passkey.credentialBackedUp,
      counter: passkey.counter,
      transports: [...passkey.transports],
      registeringUserAgent: passkey.registeringUserAgent,
      createdAtMs: passkey.createdAtMs,
    })),
  };
}

export async function deleteUserAuthenticator(
  { table }: Ports,
  caller: Caller,
  { authenticatorId }: { readonly authenticatorId: string },
) {
  const passkey = await readPasskey(table, identityOf(caller).userId, authenticatorId);
  if (!passkey || !(await removePasskey(table, passkey))) {
    throw new Failure('not_found', 'The given authenticator was not found.');
  }
  return {};
}
