import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Table, TransactWrite } from '../core/table.ts';

/** Somebody as a token issuer knows them: the pair is theirs for good. */
export interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

/** Who they are here. */
export interface Person {
  /**
   * Absent where the issuer has told that they are gone before anything else was heard of them, and once all is done that
   * follows from that.
   */
  readonly userId?: UserId;
  /** Whether their user was made for them; else they have joined somebody who was there before. */
  readonly madeUser?: boolean;
  /** What the issuer told of them last is as of then, by the issuer's clock. */
  readonly asOf?: EpochMs;
  /** The issuer has deleted them: nobody comes in as them any more. */
  readonly goneTimeMs?: EpochMs;
}

/** What comes late must not bring back whom the issuer has deleted; its tokens live for minutes. */
const rememberedGoneSeconds = 90 * 86_400;

export async function readPerson(table: Table, { issuer, subject }: Subject): Promise<Person | undefined> {
  const item = await table.get(keys.person(issuer, subject));
  return item && (item as Person); // written below only
}

export async function personFor(table: Table, issuer: string, subject: string): Promise<UserId | undefined> {
  return (await readPerson(table, { issuer, subject }))?.userId;
}

/** The write that makes a person; lost when there is one already. */
export function newPerson(
  { issuer, subject }: Subject,
  userId: UserId,
  more: Pick<Person, 'madeUser' | 'asOf'> = {},
): TransactWrite {
  const put = { ...keys.person(issuer, subject), issuer, subject, userId, ...more };
  return { put, when: ex`attribute_not_exists(pk)` };
}

/** The write that notes news of a person who is that user; lost when they are not any more, or for news that are old. */
export function newsOf({ issuer, subject }: Subject, userId: UserId, asOf: EpochMs | undefined): TransactWrite {
  const update = keys.person(issuer, subject);
  const isThem = ex`userId = ${userId} AND attribute_not_exists(goneTimeMs)`;
  if (asOf === undefined) return { check: update, when: isThem };
  const when = ex`userId = ${userId} AND attribute_not_exists(goneTimeMs) AND (attribute_not_exists(asOf) OR asOf <= ${asOf})`;
  return { update, change: ex`SET asOf = ${asOf}`, when };
}

/** The write by which a person, whose user was made for them, is somebody else who was there before. */
export function becoming({ issuer, subject }: Subject, userId: UserId, other: UserId): TransactWrite {
  return {
    update: keys.person(issuer, subject),
    change: ex`SET userId = ${other} REMOVE madeUser`,
    when: ex`userId = ${userId} AND attribute_not_exists(goneTimeMs)`,
  };
}

/** From now on the person is gone, whatever else comes. @returns who they were */
export async function removePerson(table: Table, { issuer, subject }: Subject, now: EpochMs): Promise<Person> {
  const ttl = Math.floor(now / 1000) + rememberedGoneSeconds;
  const change = ex`SET issuer = ${issuer}, subject = ${subject}, goneTimeMs = if_not_exists(goneTimeMs, ${now}), ttl = ${ttl}`;
  const written = await table.update(keys.person(issuer, subject), change);
  return (written.ok && written.item) || {}; // unconditional, so it is the new item
}

/** From now on nobody knows which user somebody was who is gone. */
export async function noteNobody(table: Table, { issuer, subject }: Subject, userId: UserId): Promise<void> {
  await table.update(keys.person(issuer, subject), ex`REMOVE userId`, { when: ex`userId = ${userId}` });
}
