import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Table, TransactWrite } from '../core/table.ts';

/** Who somebody known to a token issuer is here: (issuer, subject) points to our user id, for good. */
interface Person {
  readonly issuer: string;
  readonly subject: string;
}

export async function personFor(table: Table, issuer: string, subject: string): Promise<UserId | undefined> {
  const item = await table.get(keys.person(issuer, subject));
  return item && (item.userId as UserId); // written below only
}

/** The write that makes a person; lost when there is one already. */
export function newPerson({ issuer, subject }: Person, userId: UserId): TransactWrite {
  return { put: { ...keys.person(issuer, subject), issuer, subject, userId }, when: ex`attribute_not_exists(pk)` };
}
