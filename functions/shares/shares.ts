import { userCalled, usersShown } from '../auth/people.ts';
import { branded } from '../core/branded.ts';
import type { Caller, Reach, Scope } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { ShareTarget } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { groupNames } from '../groups/membership.ts';
import { asInstance, asProject } from '../projects/instance.ts';
import { openInstance, openProject } from '../projects/reach.ts';
import { inSeconds } from '../projects/shown.ts';
import { sharesContract } from './contract.ts';
import { askToRecheck, recheckNow } from './recheck.ts';
import type { Share } from './share.ts';
import { findShare, putShare, removeShare, sharesAt } from './share-store.ts';

/**
 * Sharing projects and instances with users, groups and everyone. A new or revoked share takes effect with the next
 * request. Connected users without remaining access receive nothing more.
 */
export const shares = implement('shares', sharesContract, {
  async listProjectShares(ports, caller, { id }) {
    await openProject(ports, caller, id, 'admin');
    return { shares: await shown(ports, await sharesAt(ports.table, asProject(id))) };
  },

  async listInstanceShares(ports, caller, { id }) {
    await openInstance(ports, caller, id, 'admin');
    return { shares: await shown(ports, await sharesAt(ports.table, asInstance({ id }))) };
  },

  async shareProject(ports, caller, { id, ...wanted }) {
    await openProject(ports, caller, id, 'admin');
    return share(ports, asProject(id), wanted);
  },

  async shareInstance(ports, caller, { id, ...wanted }) {
    await openInstance(ports, caller, id, 'admin');
    return share(ports, asInstance({ id }), wanted);
  },

  async deleteShare(ports, caller, { id }) {
    const found = await findShare(ports.table, id);
    if (!found || !(await mayTakeBack(ports, caller, found.resource))) throw missing();
    await takeBack(ports, { id, ...found });
    return { success: true } as const;
  },
});

interface Wanted {
  readonly targetType: ShareTarget['type'];
  readonly targetId?: string | null | undefined;
  readonly targetEmail?: string | null | undefined;
  readonly permission: Scope;
}

async function share(ports: Ports, resource: Reach, wanted: Wanted) {
  const { table, ids, clock } = ports;
  const target = await targetOf(ports, wanted);
  const { permission } = wanted;
  const { id } = await putShare(table, { id: ids.uuid(), resource, target, permission, createdAt: clock.now() });
  return { id, ...wanted };
}

/** @throws Failure `not_found` for a user or group that does not exist */
async function targetOf(ports: Ports, { targetType, targetId, targetEmail }: Wanted): Promise<ShareTarget> {
  if (targetType === 'public') return { type: 'public' };
  if (targetType === 'group') {
    const id = targetId ?? '';
    if (!(await groupNames(ports.table, [id])).has(id)) throw new Failure('not_found', 'Group not found');
    return { type: 'group', id };
  }
  const known = await userCalled(ports, { id: targetId ?? undefined, email: targetEmail ?? undefined });
  if (known === undefined) throw new Failure('not_found', 'User not found');
  return { type: 'user', id: known };
}

const missing = () => new Failure('not_found', 'Share not found');

/** Callers without the right to revoke get the answer that the share does not exist. */
async function mayTakeBack(ports: Ports, caller: Caller, { type, id }: Reach): Promise<boolean> {
  try {
    await (type === 'project' ? openProject : openInstance)(ports, caller, id, 'admin');
    return true;
  } catch (thrown) {
    if (thrown instanceof Failure && ['not_found', 'not_authorized'].includes(thrown.code)) return false;
    throw thrown;
  }
}

/** Queues a recheck of sockets before the revocation too, so that it happens even if the handler dies. */
async function takeBack(ports: Ports, share: Parameters<typeof removeShare>[1]): Promise<void> {
  const { resource, target } = share;
  const concerned = {
    resources: [resource],
    ...(target.type === 'user' ? { userId: branded<UserId>(target.id) } : {}),
  };
  await askToRecheck(ports, concerned);
  if (!(await removeShare(ports.table, share))) throw missing();
  await askToRecheck(ports, concerned);
  await recheckNow(ports, concerned);
}

async function shown(ports: Ports, all: readonly Share[]) {
  const idsOf = (type: 'user' | 'group') => all.flatMap(({ target }) => (target.type === type ? [target.id] : []));
  const [users, groups] = await Promise.all([
    usersShown(ports, idsOf('user')),
    groupNames(ports.table, idsOf('group')),
  ]);
  return all
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map(({ id, target, permission, createdAt }) => ({
      id,
      target_type: target.type,
      target_id: target.type === 'public' ? null : target.id,
      permission,
      created_at: inSeconds(createdAt),
      target_email: (target.type === 'user' && users.get(target.id)?.email) || null,
      target_name:
        (target.type === 'user' && users.get(target.id)?.name) ||
        (target.type === 'group' && groups.get(target.id)) ||
        null,
    }));
}
