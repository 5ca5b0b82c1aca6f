import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { noteNobody, removePerson, type Subject } from './person-store.ts';
import { hasSignedInHere, readUser, removingUser, withoutIssuer } from './user-store.ts';
import type { User } from './users.ts';

/** Users whom their issuer has deleted. */

/** Whether a user can sign in by other ways than that issuer. */
export async function isOtherwiseIn(table: Table, user: User, issuer: string): Promise<boolean> {
  const others = [...(user.issuers ?? [])].filter((one) => one !== issuer);
  return others.length > 0 || user.privoServiceId !== undefined || hasSignedInHere(table, user.id);
}

export interface Forgotten {
  readonly userId: UserId;
  /** Undefined if the user is already deleted. */
  readonly user: User | undefined;
  /** Whether they can sign in by another way. */
  readonly isOtherwiseIn: boolean;
}

/**
 * Prevents all later sign-ins as that person.
 * @returns the person's user, until everything has been erased
 */
export async function forgetPerson({ table, clock }: Ports, subject: Subject): Promise<Forgotten | undefined> {
  const { userId, madeUser } = await removePerson(table, subject, clock.now());
  if (userId === undefined) return undefined;
  const user = await readUser(table, userId);
  const mayStay = user !== undefined && (madeUser !== true || (await isOtherwiseIn(table, user, subject.issuer)));
  return { userId, user, isOtherwiseIn: mayStay };
}

/** The last step: after it, a repeated event does not erase anything that the user has created since. */
export function endForgetting({ table }: Ports, subject: Subject, { userId }: Forgotten): Promise<void> {
  return noteNobody(table, subject, userId);
}

/** Deletes an account, so that all of its credentials become invalid. */
export async function removeAccount({ table }: Ports, user: User): Promise<void> {
  await table.transact(await removingUser(table, user));
}

/** Keeps the account, but removes this issuer as a way to sign in. */
export function closeWayIn({ table }: Ports, user: User, issuer: string): Promise<void> {
  return withoutIssuer(table, user.id, issuer);
}
