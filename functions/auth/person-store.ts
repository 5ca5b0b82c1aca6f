import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Table, TransactWrite } from '../core/table.ts';

/** A person at a token issuer: the pair never changes. */
export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

/** The person's user here. */
export interface Person {
  /** Absent if the issuer's deletion was the first event about the person, and once the deletion is complete. */
  readonly userId?: UserId;
  /** Whether the user was created for this person; otherwise the person joined an existing user. */
  readonly madeUser?: boolean;
  /** Time of the issuer's last event about the person, by the issuer's clock. */
  readonly asOf?: EpochMs;
  /** When the issuer deleted the person, who can no longer sign in. */
  readonly goneTimeMs?: EpochMs;
}

/** Late events must not restore a deleted person; the issuer's tokens live for minutes. */
const rememberedGoneSeconds = 90 * 86_400;

export async function readPerson(table: Table, { issuer, subject }: Subject): Promise<Person | undefined> {
  const item = await table.get(keys.person(issuer, subject));
  return item && (item as Person); // written below only
}

export async function personFor(table: Table, issuer: string, subject: string): Promise<UserId | undefined> {
  return (await readPerson(table, { issuer, subject }))?.userId;
}

/** The write that creates a person; it fails if the person exists. */
export function newPerson(
  { issuer, subject }: Subject,
  userId: UserId,
  more: Pick<Person, 'madeUser' | 'asOf'> = {},
): TransactWrite {
  const put = { ...keys.person(issuer, subject), issuer, subject, userId, ...more };
  return { put, when: ex`attribute_not_exists(pk)` };
}

/**
 * The write that notes an event about a person with this user; it fails if the user has changed, or for an old event.
 */
export function newsOf({ issuer, subject }: Subject, userId: UserId, asOf: EpochMs | undefined): TransactWrite {
  const update = keys.person(issuer, subject);
  const isThem = ex`userId = ${userId} AND attribute_not_exists(goneTimeMs)`;
  if (asOf === undefined) return { check: update, when: isThem };
  const when = ex`userId = ${userId} AND attribute_not_exists(goneTimeMs) AND (attribute_not_exists(asOf) OR asOf <= ${asOf})`;
  return { update, change: ex`SET asOf = ${asOf}`, when };
}

/** The write that moves a person from the user created for them to an existing user. */
export function becoming({ issuer, subject }: Subject, userId: UserId, other: UserId): TransactWrite {
  return {
    update: keys.person(issuer, subject),
    change: ex`SET userId = ${other} REMOVE madeUser`,
    when: ex`userId = ${userId} AND attribute_not_exists(goneTimeMs)`,
  };
}

/** Marks the person as deleted, whatever arrives later. @returns the person */
export async function removePerson(table: Table, { issuer, subject }: Subject, now: EpochMs): Promise<Person> {
  const ttl = Math.floor(now / 1000) + rememberedGoneSeconds;
  const change = ex`SET issuer = ${issuer}, subject = ${subject}, goneTimeMs = if_not_exists(goneTimeMs, ${now}), ttl = ${ttl}`;
  const written = await table.update(keys.person(issuer, subject), change);
  return (written.ok && written.item) || {}; // unconditional, so it is the new item
}

/** Removes the user id of a deleted person. */
export async function noteNobody(table: Table, { issuer, subject }: Subject, userId: UserId): Promise<void> {
  await table.update(keys.person(issuer, subject), ex`REMOVE userId`, { when: ex`userId = ${userId}` });
}
