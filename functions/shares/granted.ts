import type { Reach, Scope } from '../core/caller.ts';
import { keys, type SharePartner, sharesOf, sharesWithMany } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Table } from '../core/table.ts';
import { groupsAmong } from '../groups/membership.ts';
import { higher } from '../projects/level.ts';
import { type Share, shareOf } from './share.ts';
import { sharedTo } from './share-store.ts';

/**
 * The highest permission that shares of any of these give a user: shares with the user, with a group of theirs, or with
 * everyone. One consistent round trip, or two if there are shares with groups.
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

/** A shared project, and the permission for it. */
export interface GivenProject {
  readonly id: string;
  readonly permission: Scope;
}

/** The most shares of one user or group that are read. */
const mostLookedAt = 1_000;
const atOnce = 25;

/**
 * Projects that are shared with any of these; a project may be listed several times. Projects shared only with everyone
 * are not listed, but such a share counts for the permission of listed ones.
 */
export async function projectsSharedWith(table: Table, partners: readonly SharePartner[]): Promise<GivenProject[]> {
  const given: GivenProject[] = [];
  for (let start = 0; start < partners.length; start += atOnce) {
    const some = partners.slice(start, start + atOnce);
    const found = await Promise.all(some.map((one) => sharedTo(table, one, { type: 'project', limit: mostLookedAt })));
    given.push(...found.flat().map(({ resource: { id }, permission }) => ({ id, permission })));
  }
  const ids = [...new Set(given.map(({ id }) => id))];
  const open = await table.batchGet(ids.map((id) => keys.sharedTo({ type: 'project', id }, { type: 'public' })));
  return [...given, ...open.map(shareOf).map(({ resource: { id }, permission }) => ({ id, permission }))];
}

function groupIn({ target }: Share): string[] {
  return target.type === 'group' ? [target.id] : [];
}
