import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { isWellFormed } from './addresses.ts';
import type { Claims } from './jwt.ts';
import { newcomer } from './newcomers.ts';
import { readPerson } from './person-store.ts';
import { claimantOf, ownerOf, readUser, readUsers, userExists } from './user-store.ts';
import type { User } from './users.ts';

/** Every other outcome means that a concurrent first visit won; the next try reads its result. */
const mostTries = 4;

/**
 * The user of an issuer's subject, created on the first visit.
 * @throws Failure `invalid_key` when they have been deleted
 */
export async function personOf(ports: Ports, claims: Claims): Promise<User> {
  const { email, emailVerified, name = null } = claims;
  const told = {
    ...claims,
    name,
    email: email === undefined ? undefined : { address: email, isVerified: emailVerified },
  };
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const known = await readPerson(ports.table, claims);
    if (known) {
      const user = known.goneTimeMs === undefined && known.userId && (await readUser(ports.table, known.userId));
      if (user) return user;
      throw new Failure('invalid_key', 'Invalid token');
    }
    await ports.table.transact(await newcomer(ports, told));
  }
  throw new Error('A person could not be stored.');
}

/** Whether a text is a user's id. */
export function isUserId(ports: Ports, text: string): Promise<boolean> {
  return userExists(ports.table, branded<UserId>(text));
}

/** Finds a user by id or else by address; undefined when there is none. */
export async function userCalled(
  ports: Ports,
  { id, email }: { readonly id?: string | undefined; readonly email?: string | undefined },
): Promise<UserId | undefined> {
  if (id !== undefined) return (await isUserId(ports, id)) ? branded<UserId>(id) : undefined;
  if (email === undefined || !isWellFormed('email', email)) return undefined;
  return (await ownerOf(ports.table, 'email', email)) ?? claimantOf(ports.table, email);
}

/** Names and addresses of users, by id. */
export async function usersShown(
  { table }: Ports,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Pick<User, 'name' | 'email'>>> {
  const users = await readUsers(
    table,
    ids.map((id) => branded<UserId>(id)),
  );
  return new Map(users.map((user) => [user.id, user]));
}
