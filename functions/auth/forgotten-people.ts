import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { noteNobody, removePerson, type Subject } from './person-store.ts';
import { hasSignedInHere, readUser, removingUser, withoutIssuer } from './user-store.ts';
import type { User } from './users.ts';

/** People whom their issuer has deleted. */

/** Whether somebody comes in some other way than from that issuer. */
export async function isOtherwiseIn(table: Table, user: User, issuer: string): Promise<boolean> {
  const others = [...(user.issuers ?? [])].filter((one) => one !== issuer);
  return others.length > 0 || user.privoServiceId !== undefined || hasSignedInHere(table, user.id);
}

export interface Forgotten {
  readonly userId: UserId;
  /** Undefined where they are gone already. */
  readonly user: User | undefined;
  /** Whether they come in some other way. */
  readonly isOtherwiseIn: boolean;
}

/**
 * Nobody comes in as that person any more, whatever comes later.
 * @returns the user they were, until all of it has been forgotten
 */
export async function forgetPerson({ table, clock }: Ports, subject: Subject): Promise<Forgotten | undefined> {
  const { userId, madeUser } = await removePerson(table, subject, clock.now());
  if (userId === undefined) return undefined;
  const user = await readUser(table, userId);
  const mayStay = user !== undefined && (madeUser !== true || (await isOtherwiseIn(table, user, subject.issuer)));
  return { userId, user, isOtherwiseIn: mayStay };
}

/** The last step: being told again takes nothing away that the user has made since. */
export function endForgetting({ table }: Ports, subject: Subject, { userId }: Forgotten): Promise<void> {
  return noteNobody(table, subject, userId);
}

/** Takes an account away, so that nothing holds any more that was given to it. */
export async function removeAccount({ table }: Ports, user: User): Promise<void> {
  await table.transact(await removingUser(table, user));
}

/** The account stays, without that way in. */
export function closeWayIn({ table }: Ports, user: User, issuer: string): Promise<void> {
  return withoutIssuer(table, user.id, issuer);
}
