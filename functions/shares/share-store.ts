import type { Reach, Scope } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, type SharePartner, sharedWith, sharesOf } from '../core/keys.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { type Share, shareOf } from './share.ts';

/**
 * Each share has three rows: under its project or instance, under the id that clients know, and under its target. One
 * transaction writes all three.
 */

/** The most shares of a project or instance. */
const mostShares = 1_000;
/** Every other outcome means a concurrent change of the share; the next try reads its result. */
const mostTries = 5;

export async function sharesAt(table: Table, resource: Reach): Promise<Share[]> {
  return (await table.query({ pk: sharesOf(resource) })).map(shareOf);
}

/**
 * Creates a share with a target, or changes the permission of an existing one, which keeps its id.
 * @throws Failure `limit_exceeded`, or `not_found` when the project or instance is gone
 */
export async function putShare(table: Table, share: Share): Promise<Share> {
  const { resource, target, permission } = share;
  const at = keys.sharedTo(resource, target);
  for (let attempt = 0; attempt < mostTries; attempt++) {
    const item = await table.get(at);
    if (item) {
      const existing = shareOf(item);
      if (await changeShare(table, existing, permission)) return { ...existing, permission };
    } else if (await addShare(table, share)) return share;
  }
  throw new Failure('conflict', 'Others are changing this share. Try again.');
}

async function changeShare(table: Table, { id, resource, target }: Share, permission: Scope): Promise<boolean> {
  const change = ex`SET permission = ${permission}`;
  const own: TransactWrite = { update: keys.sharedTo(resource, target), change, when: ex`id = ${id}` };
  const partner: TransactWrite[] =
    target.type === 'public'
      ? []
      : [{ update: keys.sharedWith(target, resource), change, when: ex`attribute_exists(pk)` }];
  return (await table.transact([own, ...partner])).ok;
}

/** @returns false when a concurrent request was first */
async function addShare(table: Table, share: Share): Promise<boolean> {
  const { id, resource, target, permission } = share;
  const isNew = ex`attribute_not_exists(pk)`;
  const done = await table.transact([
    {
      update: resourceKey(resource),
      change: ex`ADD shares ${1}`,
      when: ex`attribute_exists(pk) AND attribute_not_exists(madeSince) AND (attribute_not_exists(shares) OR shares < ${mostShares})`,
    },
    { put: { ...keys.sharedTo(resource, target), ...share }, when: isNew },
    { put: { ...keys.shareId(id), resource, target }, when: isNew },
    ...(target.type === 'public' ? [] : [{ put: { ...keys.sharedWith(target, resource), permission } }]),
  ]);
  if (done.ok) return true;
  if (!done.lost[0]) return false;
  const { type } = resource;
  if (!done.current[0]) throw new Failure('not_found', type === 'project' ? 'Project not found' : 'Instance not found');
  throw new Failure('limit_exceeded', `The ${type} has ${mostShares} shares, and there may not be more.`);
}

/** Where a share is. */
export async function findShare(table: Table, id: string): Promise<Pick<Share, 'resource' | 'target'> | undefined> {
  const item = await table.get(keys.shareId(id));
  // Written by addShare only.
  return item as Pick<Share, 'resource' | 'target'> | undefined;
}

/** @returns false when it is gone already */
export async function removeShare(table: Table, { id, resource, target }: Omit<Share, 'permission' | 'createdAt'>) {
  const removal: TransactWrite[] = [
    { delete: keys.sharedTo(resource, target), when: ex`id = ${id}` },
    { delete: keys.shareId(id) },
    ...(target.type === 'public' ? [] : [{ delete: keys.sharedWith(target, resource) }]),
  ];
  const oneLess = { update: resourceKey(resource), change: ex`ADD shares ${-1}`, when: ex`attribute_exists(pk)` };
  const done = await table.transact([...removal, oneLess]);
  // Its project or instance may be deleted, and its shares are being deleted one by one.
  return done.ok || (!done.lost[0] && (await table.transact(removal)).ok);
}

/** A shared project or instance, and the permission for it. */
export interface Shared {
  readonly resource: Reach;
  readonly permission: Scope;
}

/** Shares with a user or a group. @param type default: projects and instances */
export async function sharedTo(
  table: Table,
  target: SharePartner,
  { type, limit }: { readonly type?: Reach['type']; readonly limit?: number } = {},
): Promise<Shared[]> {
  const items = await table.query({
    pk: sharedWith(target),
    ...(type ? { beginsWith: `${type}#` } : {}),
    ...(limit === undefined ? {} : { limit }),
  });
  return items.map(sharedOf);
}

function sharedOf({ sk, permission }: Item): Shared {
  const [type, id = ''] = String(sk).split('#');
  // Written by addShare only.
  return { resource: { type: type === 'project' ? 'project' : 'instance', id }, permission: permission as Scope };
}

/** The share of something with a target. */
export async function readShare(table: Table, resource: Reach, target: Share['target']): Promise<Share | undefined> {
  const item = await table.get(keys.sharedTo(resource, target));
  return item && shareOf(item);
}

function resourceKey({ type, id }: Reach) {
  return type === 'project' ? keys.project(id) : keys.instance(id);
}
