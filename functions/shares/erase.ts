import type { Reach } from '../core/caller.ts';
import { together } from '../core/concurrently.ts';
import { keys, type SharePartner } from '../core/keys.ts';
import type { Table } from '../core/table.ts';
import { readShare, removeShare, sharedTo, sharesAt } from './share-store.ts';

/**
 * Erases shares of deleted projects and instances, and with deleted users and groups. It may be interrupted anywhere
 * and repeated.
 */

const atOnce = 25;

export async function eraseSharesOf(table: Table, resource: Reach): Promise<void> {
  const shares = await sharesAt(table, resource);
  await inPortions(shares, async (share) => void (await removeShare(table, share)));
}

export async function whatIsSharedWith(table: Table, target: SharePartner): Promise<Reach[]> {
  return (await sharedTo(table, target)).map(({ resource }) => resource);
}

export async function eraseSharesWith(table: Table, target: SharePartner): Promise<void> {
  const shared = await sharedTo(table, target);
  await inPortions(shared, async ({ resource }) => {
    const share = await readShare(table, resource, target);
    if (share) await removeShare(table, share);
    else await table.delete(keys.sharedWith(target, resource));
  });
}

async function inPortions<T>(all: readonly T[], erase: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += atOnce) {
    await together(all.slice(start, start + atOnce).map(erase));
  }
}
