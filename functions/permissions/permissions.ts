import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { RoleSubject } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { openRecord } from '../records/open-record.ts';
import type { Kind } from './contract.ts';
import { permissionsContract } from './contract.ts';
import type { Allowed } from './decide.ts';
import { authorize, normalInst } from './decide.ts';
import { markers, rootOf } from './markers.ts';
import type { Permission } from './permission-store.ts';
import { deletePermission, findPermission, listPermissions, putPermission } from './permission-store.ts';
import type { RoleAssignment } from './role-store.ts';
import { grantRole, listAssignments, listRoles, revokeRole } from './role-store.ts';

/**
 * Granting and revoking. To grant on a marker, a caller needs permission for the marker itself; for single resources
 * and roles, for the record as a whole. Repeating a grant does not add a second one. A grant expires at the exact millisecond.
 */
export const permissions = implement('permissions', permissionsContract, {
  async grantPermission(ports, caller, { recordName, permission, instances }) {
    const record = await openRecord(ports, caller, recordName);
    const { marker, resourceId, resourceKind, action, subjectType, subjectId, expireTimeMs, options } = permission;
    const on = resourceId !== undefined ? { resourceId } : { marker: rootOf(marker ?? '') };
    await administer(ports, record, on, 'grantPermission', instances);
    await putPermission(ports, {
      id: ports.ids.uuid(),
      recordName: record.record.name,
      on,
      kind: resourceKind,
      action: action ?? null,
      subjectType,
      subjectId: subjectType === 'inst' ? normalInst(subjectId) : subjectId,
      expireTimeMs: expireTimeMs ?? null,
      options: defined(options ?? {}),
    });
    return {};
  },

  async revokePermission(ports, caller, { permissionId, instances }) {
    const permission = await findPermission(ports, permissionId);
    if (!permission) throw new Failure('permission_not_found', 'There is no such permission.');
    const record = await openRecord(ports, caller, permission.recordName);
    await administer(ports, record, permission.on, 'revokePermission', instances);
    await deletePermission(ports, permission);
    return {};
  },

  async listPermissions(ports, caller, { recordName, marker: wanted, resourceKind, resourceId, instances }) {
    const record = await openRecord(ports, caller, recordName);
    const marker = wanted === undefined ? undefined : rootOf(wanted);
    const on = marker !== undefined ? { marker } : { resourceId: resourceId ?? '' };
    await administer(ports, record, on, 'read', instances);
    const all = await listPermissions(ports, record.record.name);
    const name = record.record.name;
    const forMarkers = all
      .filter((one) => 'marker' in one.on && (marker === undefined || one.on.marker === marker))
      .map(listed);
    const forResources = all
      .filter((one) => 'resourceId' in one.on && (resourceId === undefined || one.on.resourceId === resourceId))
      .filter((one) => resourceKind === undefined || one.kind === resourceKind)
      .map(listed);
    if (resourceKind !== undefined && resourceId !== undefined)
      return { recordName: name, resourcePermissions: forResources };
    if (marker !== undefined) return { recordName: name, markerPermissions: forMarkers };
    return { recordName: name, resourcePermissions: forResources, markerPermissions: forMarkers };
  },

  async grantRole(ports, caller, { recordName, role, userId, inst, expireTimeMs, instances }) {
    const record = await openRecord(ports, caller, recordName);
    const subject = whoOf(userId, inst);
    const { options } = await administerRoles(ports, record, role, 'grant', instances);
    refuseTooLong(options.maxDurationMs, expireTimeMs ?? Number.POSITIVE_INFINITY, ports.clock.now());
    await grantRole(ports, record.record.name, { subject, role, expireTimeMs: expireTimeMs ?? null });
    return {};
  },

  async revokeRole(ports, caller, { recordName, role, userId, inst, instances }) {
    const record = await openRecord(ports, caller, recordName);
    const subject = whoOf(userId, inst);
    await administerRoles(ports, record, role, 'revoke', instances);
    await revokeRole(ports, record.record.name, subject, role);
    return {};
  },

  async listUserRoles(ports, caller, { recordName, userId, instances }) {
    const record = await openRecord(ports, caller, recordName);
    if (userId !== caller.identity?.userId) await administerRoles(ports, record, undefined, 'list', instances);
    return { roles: (await listRoles(ports, record.record.name, { type: 'user', id: userId })).map(held) };
  },

  async listInstRoles(ports, caller, { recordName, inst, instances }) {
    const record = await openRecord(ports, caller, recordName);
    await administerRoles(ports, record, undefined, 'list', instances);
    return { roles: (await listRoles(ports, record.record.name, whoOf(undefined, inst))).map(held) };
  },

  async listRoleAssignments(ports, caller, { recordName, role, startingRole, instances }) {
    const record = await openRecord(ports, caller, recordName);
    await administerRoles(ports, record, undefined, 'list', instances);
    const all = await listAssignments(ports, record.record.name, role);
    const after = all.filter((one) => startingRole === undefined || one.role > startingRole);
    return {
      assignments: after.map((one) => ({
        type: one.subject.type,
        ...(one.subject.type === 'user' ? { userId: one.subject.id } : { inst: one.subject.id }),
        role: held(one),
      })),
      totalCount: all.length,
    };
  },
});

/** Granting on a marker needs permission for the marker; granting on a resource needs it for the whole record. */
async function administer(
  ports: Ports,
  record: OpenRecord,
  on: Permission['on'],
  action: 'grantPermission' | 'revokePermission' | 'read',
  instances: readonly string[] | undefined,
): Promise<void> {
  const marker = 'marker' in on ? on.marker : markers.account;
  await authorize(
    ports,
    withoutKey(record),
    { kind: 'marker', action, markers: [marker, markers.account], resourceId: marker },
    instances,
  );
}

async function administerRoles(
  ports: Ports,
  record: OpenRecord,
  role: string | undefined,
  action: 'grant' | 'revoke' | 'list',
  instances: readonly string[] | undefined,
): Promise<Allowed> {
  const matter = {
    kind: 'role',
    action,
    markers: [markers.account],
    ...(role === undefined ? {} : { resourceId: role }),
  } as const;
  return authorize(ports, withoutKey(record), matter, instances);
}

/** A permission to grant roles may limit for how long. */
function refuseTooLong(maxDurationMs: number | undefined, expireTimeMs: number, now: number): void {
  if (maxDurationMs === undefined || expireTimeMs <= now + maxDurationMs) return;
  throw new Failure('not_authorized', `You may grant this role for at most ${maxDurationMs} ms.`);
}

/** A key gives no access here; the request has only the user's own permissions. */
const withoutKey = (record: OpenRecord): OpenRecord => ({ ...record, key: undefined });

function whoOf(userId: string | undefined, inst: string | undefined): RoleSubject {
  if (userId !== undefined) return { type: 'user', id: userId };
  if (inst !== undefined) return { type: 'inst', id: normalInst(inst) };
  throw new Failure('unacceptable_request', 'Either userId or inst must be given.');
}

const held = ({ role, expireTimeMs }: RoleAssignment) => ({ role, expireTimeMs });

function listed({ on, kind, ...rest }: Permission) {
  // Only kinds of the contract can be granted.
  return { ...rest, ...on, resourceKind: kind as Kind };
}

/** Drops undefined members, which the table does not store and the types exclude. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
