import { ex, setting } from '../core/expression.ts';
import { keys, passkeyPrefix, sessionPrefix } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { type AddressType, canonical } from './addresses.ts';
import type { Profile, ProviderFacts, User } from './users.ts';

/**
 * Users and the owners of addresses. An address belongs to one user: its row is written in the same transaction as the
 * user.
 */

/** The platform's own accounts. */
const platform = '-';
/** Addresses that are reported for a user but not verified. They give no access to an account. */
const unproven = 'unproven';

export async function readUser(table: Table, id: UserId): Promise<User | undefined> {
  return userOf(await table.get(keys.user(id)));
}

export async function readUsers(table: Table, ids: readonly UserId[]): Promise<User[]> {
  return (await table.batchGet(ids.map(keys.user))).flatMap((item) => userOf(item) ?? []);
}

/** Whether a text is a user's id. */
export async function userExists(table: Table, id: UserId): Promise<boolean> {
  return (await table.get(keys.user(id), ['pk'])) !== undefined;
}

export async function ownerOf(table: Table, type: AddressType, address: string): Promise<UserId | undefined> {
  const claim = await table.get(addressKey(type, address));
  return claim && (claim.userId as UserId); // written below only
}

/** The user for whom an address without an owner is reported. */
export async function claimantOf(table: Table, email: string): Promise<UserId | undefined> {
  const claim = await table.get(unprovenKey(email));
  return claim && (claim.userId as UserId); // written below only
}

/** The writes that create a user; the transaction fails if one of the addresses has an owner. */
export function newUser(user: User): TransactWrite[] {
  const { id, email, phoneNumber } = user;
  return [
    newUserOnly(user),
    ...(email === null ? [] : [owning('email', email, id)]),
    ...(phoneNumber === null ? [] : [owning('phone', phoneNumber, id)]),
  ];
}

/** The same for a user whose address is not verified, and will belong to the first user who verifies it. */
export function newUserOnly(user: User): TransactWrite {
  return { put: userItem(user), when: ex`attribute_not_exists(pk)` };
}

/** The write that gives a user an address without an owner. */
export function owning(type: AddressType, address: string, userId: UserId): TransactWrite {
  return { put: { ...addressKey(type, address), userId }, when: ex`attribute_not_exists(pk)` };
}

/** The write that notes an unverified address for a user. */
export function claiming(email: string, userId: UserId): TransactWrite {
  return { put: { ...unprovenKey(email), userId }, when: ex`attribute_not_exists(pk) OR userId = ${userId}` };
}

/** The writes that take an address from a user, verified or not. */
export async function disowning(
  table: Table,
  type: AddressType,
  address: string,
  userId: UserId,
): Promise<TransactWrite[]> {
  const unproved = type === 'email' ? await unclaiming(table, address, userId) : [];
  return (await ownerOf(table, type, address)) === userId
    ? [{ delete: addressKey(type, address), when: ex`userId = ${userId}` }, ...unproved]
    : unproved;
}

/** The writes that remove the note of an unverified address, if it names this user. */
export async function unclaiming(table: Table, email: string, userId: UserId): Promise<TransactWrite[]> {
  if ((await claimantOf(table, email)) !== userId) return [];
  return [{ delete: unprovenKey(email), when: ex`userId = ${userId}` }];
}

/** Part of creating a login request: older ones can no longer be completed. */
export function supersededBy(requestId: string, user: UserId): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET currentLoginRequestId = ${requestId}`,
    when: ex`attribute_exists(pk)`,
  };
}

/** Part of completing a request: marks the address as verified, unless a newer request has replaced this one. */
export function provenBy(requestId: string, user: UserId, now: EpochMs): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET verifiedTimeMs = if_not_exists(verifiedTimeMs, ${now})`,
    when: ex`currentLoginRequestId = ${requestId} AND attribute_not_exists(banTimeMs)`,
  };
}

/** Part of joining a person whose issuer has verified the address. */
export function joinedBy(issuer: string, user: UserId, now: EpochMs): TransactWrite {
  return {
    update: keys.user(user),
    change: ex`SET verifiedTimeMs = if_not_exists(verifiedTimeMs, ${now}) ADD issuers ${new Set([issuer])}`,
    when: ex`attribute_exists(pk)`,
  };
}

/** An issuer's data about a user. Absent fields stay as they are; a name of null is removed. */
export interface News {
  readonly name?: string | null;
  readonly email?: string;
  readonly verifiedTimeMs?: EpochMs;
}

/** The write that updates a user's row from it; undefined if nothing changes. */
export function following(user: UserId, { name, ...given }: News): TransactWrite | undefined {
  const fields = { ...given, ...(name === null ? {} : { name }) };
  const isSet = Object.values(fields).some((value) => value !== undefined);
  const set = isSet ? setting(fields) : { text: '', names: {}, values: [] };
  const removal = name === null ? ex`REMOVE name` : { text: '', names: {} };
  if (set.text === '' && removal.text === '') return undefined;
  const change = { ...set, text: `${set.text} ${removal.text}`, names: { ...set.names, ...removal.names } };
  return { update: keys.user(user), change, when: ex`attribute_exists(pk)` };
}

/** The writes that delete a user with their addresses. */
export async function removingUser(table: Table, { id, email, phoneNumber }: User): Promise<TransactWrite[]> {
  return [
    { delete: keys.user(id) },
    ...(email === null ? [] : await disowning(table, 'email', email, id)),
    ...(phoneNumber === null ? [] : await disowning(table, 'phone', phoneNumber, id)),
  ];
}

/** Removes an issuer from a user's ways to sign in. */
export async function withoutIssuer(table: Table, user: UserId, issuer: string): Promise<void> {
  await table.update(keys.user(user), ex`DELETE issuers ${new Set([issuer])}`, { when: ex`attribute_exists(pk)` });
}

/** Whether a user has recently signed in here, or has a passkey. */
export async function hasSignedInHere(table: Table, user: UserId): Promise<boolean> {
  const { pk } = keys.user(user);
  const found = await Promise.all(
    [sessionPrefix, passkeyPrefix].map((beginsWith) => table.query({ pk, beginsWith, limit: 1, only: ['pk'] })),
  );
  return found.some((items) => items.length > 0);
}

/** Part of signing in at a provider: updates the row from the provider's data. Absent fields stay as they are. */
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

/** A condition that fails if all sessions were revoked meanwhile. */
export function notAllRevokedSince(granted: EpochMs, user: UserId): TransactWrite {
  const notSince = ex`attribute_exists(pk) AND (attribute_not_exists(allSessionRevokeTimeMs) OR allSessionRevokeTimeMs < ${granted})`;
  return { check: keys.user(user), when: notSince };
}

/** A condition that fails if the user was deleted or banned meanwhile. */
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

function unprovenKey(email: string) {
  return keys.address('email', unproven, canonical('email', email));
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
