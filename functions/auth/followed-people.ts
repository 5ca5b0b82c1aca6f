import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { readdressed } from './followed-addresses.ts';
import { isOtherwiseIn } from './forgotten-people.ts';
import { newcomer, ownerOfTold, type Told } from './newcomers.ts';
import { becoming, newsOf, type Person, readPerson } from './person-store.ts';
import { following, joinedBy, readUser, removingUser } from './user-store.ts';
import type { User } from './users.ts';

/**
 * Users of an issuer that sends events about them. The first event or token creates the user; concurrent ones still
 * create only one. An address gives access to an account only once the issuer has verified it. Until then others can
 * find the user by it, and it will belong to the first user who verifies it.
 */

/** Every other outcome means that a concurrent write won; the next try reads its result. */
const mostTries = 8;

/**
 * Updates the person's user from an event, unless the stored data is newer, or the person was deleted.
 * @param taken is part of the transaction, and fails if the event was already applied
 * @param ownsNothing whether a user owns nothing
 */
export async function follow(
  ports: Ports,
  told: Told,
  taken: TransactWrite,
  ownsNothing: (user: UserId) => Promise<boolean>,
): Promise<void> {
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const writes = await writesFor(ports, told, ownsNothing);
    if (!writes) return;
    const stored = await ports.table.transact([taken, ...writes]);
    if (stored.ok || stored.lost[0]) return;
  }
  throw new Error('News of a person could not be stored.');
}

/** @returns undefined if the person was deleted, or the event is old */
async function writesFor(
  ports: Ports,
  told: Told,
  ownsNothing: (user: UserId) => Promise<boolean>,
): Promise<TransactWrite[] | undefined> {
  const { table, clock } = ports;
  const person = await readPerson(table, told);
  if (!person) return newcomer(ports, told);
  const user = isBeyond(person, told) ? undefined : person.userId && (await readUser(table, person.userId));
  if (!user) return undefined;
  const owner = await ownerOfTold(ports, told);
  // Their first token arrived before the event with their address.
  const isOwners =
    owner !== undefined && owner !== user.id && told.email?.isVerified === true && person.madeUser === true;
  if (!isOwners || (await isOtherwiseIn(table, user, told.issuer)) || !(await ownsNothing(user.id))) {
    return followed(ports, told, user, { owner, isMade: person.madeUser === true });
  }
  const away = await removingUser(table, user);
  return [becoming(told, user.id, owner), joinedBy(told.issuer, owner, clock.now()), ...away];
}

function isBeyond({ goneTimeMs, asOf }: Person, told: Told): boolean {
  return goneTimeMs !== undefined || (asOf !== undefined && told.asOf !== undefined && asOf > told.asOf);
}

/** A user who existed before joining this issuer keeps name and address. */
async function followed(
  ports: Ports,
  told: Told,
  user: User,
  { owner, isMade }: { readonly owner: UserId | undefined; readonly isMade: boolean },
): Promise<TransactWrite[]> {
  const { name, email, asOf } = told;
  const noted = newsOf(told, user.id, asOf);
  if (!isMade) return [noted];
  const { writes, fields } = await readdressed(ports, user, email, owner);
  const row = following(user.id, { ...fields, ...((user.name ?? null) === name ? {} : { name }) });
  return [noted, ...(row ? [row] : []), ...writes];
}
