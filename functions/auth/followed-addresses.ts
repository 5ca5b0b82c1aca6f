import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { canonical, isWellFormed } from './addresses.ts';
import type { ToldAddress } from './newcomers.ts';
import { claimantOf, claiming, disowning, type News, owning, unclaiming } from './user-store.ts';
import type { User } from './users.ts';

interface Readdressed {
  readonly writes: readonly TransactWrite[];
  readonly fields: News;
}

const asBefore: Readdressed = { writes: [], fields: {} };

/**
 * The writes that give a user the address that their issuer reports. An address that another user owns stays with that
 * user, and a verified address takes precedence over an unverified one.
 * @param owner the current owner of the address
 */
export async function readdressed(
  { table, clock }: Ports,
  user: User,
  told: ToldAddress | undefined,
  owner: UserId | undefined,
): Promise<Readdressed> {
  if (!told || !isWellFormed('email', told.address)) return asBefore;
  const { address, isVerified } = told;
  const { id, email } = user;
  const verifiedTimeMs = user.verifiedTimeMs ?? clock.now();
  if (owner === id) return isVerified ? { writes: [], fields: { verifiedTimeMs } } : asBefore;
  if (owner !== undefined) return asBefore;
  const isSame = email !== null && canonical('email', email) === canonical('email', address);
  const left = email === null || isSame ? [] : await disowning(table, 'email', email, id);
  if (isVerified) {
    const unproved = await unclaiming(table, address, id);
    return { writes: [owning('email', address, id), ...unproved, ...left], fields: { email: address, verifiedTimeMs } };
  }
  const claimant = await claimantOf(table, address);
  if (user.verifiedTimeMs !== undefined || (claimant !== undefined && claimant !== id)) return asBefore;
  return { writes: [claiming(address, id), ...left], fields: { email: address } };
}
