import { branded } from '../core/branded.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { isWellFormed } from './addresses.ts';
import { newPerson, type Subject } from './person-store.ts';
import { claimantOf, claiming, joinedBy, newUser, newUserOnly, ownerOf } from './user-store.ts';
import type { User } from './users.ts';

/** An address that an issuer reports. */
export interface ToldAddress {
  readonly address: string;
  readonly isVerified: boolean;
}

/** An issuer's data about a person. */
export interface Told extends Subject {
  /** Time of the data, by the issuer's clock. */
  readonly asOf?: EpochMs | undefined;
  readonly name: string | null;
  readonly email: ToldAddress | undefined;
}

/** The owner of a reported address, if it is valid. */
export async function ownerOfTold({ table }: Pick<Ports, 'table'>, { email }: Told): Promise<UserId | undefined> {
  return email && isWellFormed('email', email.address) ? ownerOf(table, 'email', email.address) : undefined;
}

/**
 * The writes that create a person, and mostly a user for them; the transaction fails if either exists already. If the
 * issuer has verified the address, the person joins its owner. An unverified address never gives access to an account.
 * An address without an owner is noted as claimed: others can find the person by it, until a user verifies it.
 */
export async function newcomer(ports: Ports, told: Told): Promise<TransactWrite[]> {
  const { table, ids, clock } = ports;
  const { issuer, asOf, name } = told;
  const owner = await ownerOfTold(ports, told);
  const now = clock.now();
  const dated = asOf === undefined ? {} : { asOf };
  if (owner !== undefined && told.email?.isVerified) {
    return [newPerson(told, owner, dated), joinedBy(issuer, owner, now)];
  }
  const id = branded<UserId>(ids.uuid());
  const free = owner === undefined && told.email && isWellFormed('email', told.email.address) ? told.email : undefined;
  const proved = free?.isVerified ? free.address : undefined;
  const said =
    free && !free.isVerified && (await claimantOf(table, free.address)) === undefined ? free.address : undefined;
  const user: User = {
    id,
    email: proved ?? said ?? null,
    phoneNumber: null,
    ...(name === null ? {} : { name }),
    role: 'none',
    createdTimeMs: now,
    ...(proved === undefined ? {} : { verifiedTimeMs: now }),
    issuers: new Set([issuer]),
  };
  const made = said === undefined ? newUser(user) : [newUserOnly(user), claiming(said, id)];
  return [newPerson(told, id, { madeUser: true, ...dated }), ...made];
}
