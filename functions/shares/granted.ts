import type { Reach, Scope } from '../core/caller.ts';
import { keys, sharesOf, sharesWithMany } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Table } from '../core/table.ts';
import { groupsAmong } from '../groups/membership.ts';
import { higher } from '../projects/level.ts';
import { type Share, shareOf } from './share.ts';

/**
 * The most that shares of any of these give a user: shares with them, with a group they are in, or with everybody. One
 * round trip, two where groups are concerned, all of it as it stands at this moment.
 */
export async function granted(table: Table, user: UserId, resources: readonly Reach[]): Promise<Scope | undefined> {
  const withUser = { type: 'user', id: user } as const;
  const [own, ...ofMany] = await Promise.all([
    table.batchGet(resources.map((resource) => keys.sharedTo(resource, withUser))),
    ...resources.map((resource) => table.query({ pk: sharesOf(resource), ...sharesWithMany })),
  ]);
  const shares = [...own, ...ofMany.flat()].map(shareOf);
  const groups = await groupsAmong(table, user, [...new Set(shares.flatMap(groupIn))]);
  return shares
    .filter(({ target }) => target.type !== 'group' || groups.has(target.id))
    .reduce<Scope | undefined>((most, { permission }) => higher(most, permission), undefined);
}

function groupIn({ target }: Share): string[] {
  return target.type === 'group' ? [target.id] : [];
}
