import { branded } from '../core/branded.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { isWellFormed } from './addresses.ts';
import type { Claims } from './jwt.ts';
import { newPerson, personFor } from './person-store.ts';
import { newUser, ownerOf, proven, readUser, readUsers, userExists } from './user-store.ts';
import type { User } from './users.ts';

/** Any other outcome means that another first visit won; the next look finds what it left. */
const mostTries = 4;

/**
 * The user that somebody known to an issuer is here, made on their first visit. They join the user who has their address
 * only when the issuer says that it has verified the address; else they have none here, so that nobody is led into an
 * account by an address that anyone could claim.
 */
export async function personOf(ports: Ports, claims: Claims): Promise<User> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const known = await personFor(ports.table, claims.issuer, claims.subject);
    if (known !== undefined) {
      const user = await readUser(ports.table, known);
      if (user) return user;
      throw new Error('A person points to a user that is not there.');
    }
    await firstVisit(ports, claims);
  }
  throw new Error('A person could not be stored.');
}

async function firstVisit({ table, ids, clock }: Ports, claims: Claims): Promise<void> {
  const now = clock.now();
  const email = verifiedAddress(claims);
  const owner = email === undefined ? undefined : await ownerOf(table, 'email', email);
  if (owner !== undefined) {
    await table.transact([newPerson(claims, owner), proven(owner, now)]);
    return;
  }
  const id = branded<UserId>(ids.uuid());
  const user: User = {
    id,
    email: email ?? null,
    phoneNumber: null,
    ...(claims.name === undefined ? {} : { name: claims.name }),
    role: 'none',
    createdTimeMs: now,
    ...(email === undefined ? {} : { verifiedTimeMs: now }),
  };
  await table.transact([newPerson(claims, id), ...newUser(user)]);
}

function verifiedAddress({ email, emailVerified }: Claims): string | undefined {
  return email !== undefined && emailVerified && isWellFormed('email', email) ? email : undefined;
}

/** Whether a text is somebody's id. */
export function isUserId(ports: Ports, text: string): Promise<boolean> {
  return userExists(ports.table, branded<UserId>(text));
}

/** The user whom somebody means, by id or else by address; undefined when there is none. */
export async function userCalled(
  ports: Ports,
  { id, email }: { readonly id?: string | undefined; readonly email?: string | undefined },
): Promise<UserId | undefined> {
  if (id !== undefined) return (await isUserId(ports, id)) ? branded<UserId>(id) : undefined;
  if (email === undefined || !isWellFormed('email', email)) return undefined;
  return ownerOf(ports.table, 'email', email);
}

/** What users are called, by id. */
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
