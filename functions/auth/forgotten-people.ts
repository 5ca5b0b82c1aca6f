import type { Ports } from '../core/ports.ts';
import type { Table } from '../core/table.ts';
import { removePerson, type Subject } from './person-store.ts';
import { hasSignedInHere, readUser, removingUser, withoutIssuer } from './user-store.ts';
import type { User } from './users.ts';

/** People whom their issuer has deleted. */

/** Whether somebody comes in some other way than from that issuer. */
export async function isOtherwiseIn(table: Table, user: User, issuer: string): Promise<boolean> {
  const others = [...(user.issuers ?? [])].filter((one) => one !== issuer);
  return others.length > 0 || user.privoServiceId !== undefined || hasSignedInHere(table, user.id);
}

/**
 * Nobody comes in as that person any more, whatever comes later.
 * @returns the user they were, while there is one, and whether they come in some other way
 */
export async function forgetPerson(
  { table, clock }: Ports,
  subject: Subject,
): Promise<{ readonly user: User; readonly isOtherwiseIn: boolean } | undefined> {
  const { userId, madeUser } = await removePerson(table, subject, clock.now());
  const user = userId && (await readUser(table, userId));
  if (!user) return undefined;
  return { user, isOtherwiseIn: madeUser !== true || (await isOtherwiseIn(table, user, subject.issuer)) };
}

/** Takes an account away, so that nothing holds any more that was given to it. */
export async function removeAccount({ table }: Ports, user: User): Promise<void> {
  await table.transact(await removingUser(table, user));
}

/** The account stays, without that way in. */
export function closeWayIn({ table }: Ports, user: User, issuer: string): Promise<void> {
  return withoutIssuer(table, user.id, issuer);
}
