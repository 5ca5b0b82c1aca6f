import { type Expression, ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { type AddressType, canonical } from './addresses.ts';
import type { Profile, ProviderFacts, User } from './users.ts';

/** Users, and whose an address is. An address belongs to one user: the claim is written in one transaction with them. */

/** The platform's own accounts. */
const platform = '-';

export async function readUser(table: Table, id: UserId): Promise<User | undefined> {
  return userOf(await table.get(keys.user(id)));
}

export async function readUsers(table: Table, ids: readonly UserId[]): Promise<User[]> {
  return (await table.batchGet(ids.map(keys.user))).flatMap((item) => userOf(item) ?? []);
}

/** Whether a text is somebody's id. */
export async function userExists(table: Table, id: UserId): Promise<boolean> {
  return (await table.get(keys.user(id), ['pk'])) !== undefined;
}

export async function ownerOf(table: Table, type: AddressType, address: string): Promise<UserId | undefined> {
  const claim = await table.get(addressKey(type, address));
  return claim && (claim.userId as UserId); // written below only
}

/** The writes that make a user; the transaction loses when one of their addresses has an owner. */
export function newUser(user: User): TransactWrite[] {
  const claim = (type: AddressType, address: string | null): TransactWrite[] =>
    address === null
      ? []
      : [{ put: { ...addressKey(type, address), userId: user.id }, when: ex`attribute_not_exists(pk)` }];
  return [
    { put: userItem(user), when: ex`attribute_not_exists(pk)` },
    ...claim('email', user.email),
    ...claim('phone', user.phoneNumber),
  ];
}

/** Part of making a login request: from here on no older one can be completed. */
export function supersededBy(requestId: string, user: UserId): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET currentLoginRequestId = ${requestId}`,
    when: ex`attribute_exists(pk)`,
  };
}

/** Part of completing a request: the address is proven, if no newer request has taken this one's place. */
export function provenBy(requestId: string, user: UserId, now: EpochMs): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET verifiedTimeMs = if_not_exists(verifiedTimeMs, ${now})`,
    when: ex`currentLoginRequestId = ${requestId} AND attribute_not_exists(banTimeMs)`,
  };
}

/** Part of joining a person whose issuer has verified the address. */
export function proven(user: UserId, now: EpochMs): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET verifiedTimeMs = if_not_exists(verifiedTimeMs, ${now})`,
    when: ex`attribute_exists(pk)`,
  };
}

/** Part of signing in at a provider: the row follows what the provider says now. Fields that are absent stay. */
export function follows(user: UserId, facts: ProviderFacts & Pick<User, 'verifiedTimeMs'>): TransactWrite {
  return {
    update: keys.user(user),
    change: setting(facts),
    when: ex`attribute_exists(pk) AND attribute_not_exists(banTimeMs)`,
  };
}

/** The same on its own. */
export async function changeFacts(table: Table, user: UserId, facts: ProviderFacts): Promise<void> {
  await table.update(keys.user(user), setting(facts), { when: ex`attribute_exists(pk)` });
}

/** Part of what must not happen to a session that is revoked with all others meanwhile. */
export function notAllRevokedSince(granted: EpochMs, user: UserId): TransactWrite {
  const notSince = ex`attribute_exists(pk) AND (attribute_not_exists(allSessionRevokeTimeMs) OR allSessionRevokeTimeMs < ${granted})`;
  return { check: keys.user(user), when: notSince };
}

/** Part of what must not happen for a user who is gone or banned meanwhile. */
export function welcome(user: UserId): TransactWrite {
  return { check: keys.user(user), when: ex`attribute_exists(pk) AND attribute_not_exists(banTimeMs)` };
}

/** One write, whatever the number of sessions. */
export async function revokeAll(table: Table, user: UserId, now: EpochMs): Promise<void> {
  await table.update(keys.user(user), ex`SET allSessionRevokeTimeMs = ${now}`, { when: ex`attribute_exists(pk)` });
}

/** Fields that are absent stay as they are. @returns false when there is no such user */
export async function changeProfile(table: Table, user: UserId, profile: Profile): Promise<boolean> {
  if (Object.values(profile).every((value) => value === undefined)) return userExists(table, user);
  return (await table.update(keys.user(user), setting(profile), { when: ex`attribute_exists(pk)` })).ok;
}

/** Writes the fields that are there. */
function setting(fields: object): Expression {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    text: `SET ${given.map((_, at) => `#f${at} = :v${at}`).join(', ')}`,
    names: Object.fromEntries(given.map(([field], at) => [`#f${at}`, field])),
    values: given.map(([, value]) => value),
  };
}

function addressKey(type: AddressType, address: string) {
  return keys.address(type, platform, canonical(type, address));
}

function userItem(user: User) {
  return { ...keys.user(user.id), ...user };
}

export function userOf(item: Item | undefined): User | undefined {
  // Such items are only written above.
  return item && (item as unknown as User);
}
