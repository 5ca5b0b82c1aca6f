import type { PermissionKey } from '../core/keys.ts';
import { keys, permissionsIn } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import type { Deed } from './kinds.ts';
import { rootsOf } from './markers.ts';

/** Options that a permission carries for its holders. */
export interface PermissionOptions {
  readonly maxFileSizeInBytes?: number;
  readonly allowedMimeTypes?: true | string[];
  readonly maxDurationMs?: number;
}

export interface Permission extends PermissionKey {
  readonly id: string;
  readonly recordName: string;
  readonly options: PermissionOptions;
  /** The permission expires at this millisecond. */
  readonly expireTimeMs: number | null;
}

/** A possible holder of a permission. */
export interface Holder {
  readonly type: 'user' | 'inst' | 'role';
  readonly id: string;
}

/**
 * The permissions that allow an action to any of these holders: first those for the resource, then those for its
 * markers. Reads only keys that could match, never all permissions of a record.
 */
export async function matchingPermissions(
  ports: Ports,
  record: string,
  { kind, action, markers, resourceId }: Deed & { readonly markers: readonly string[]; readonly resourceId?: string },
  holders: readonly Holder[],
): Promise<Permission[]> {
  const on: PermissionKey['on'][] = [
    ...(resourceId === undefined ? [] : [{ resourceId }]),
    ...rootsOf(markers).map((marker) => ({ marker })),
  ];
  const wanted = on.flatMap((each) =>
    [action, null].flatMap((deed) =>
      holders.map((holder) =>
        keys.permission(record, { on: each, kind, action: deed, subjectType: holder.type, subjectId: holder.id }),
      ),
    ),
  );
  const found = (await ports.table.batchGet(wanted)).map(permissionOf);
  const valid = found.filter(({ expireTimeMs }) => expireTimeMs === null || expireTimeMs > ports.clock.now());
  const forResource = valid.filter((permission) => 'resourceId' in permission.on);
  return [...forResource, ...valid.filter((permission) => 'marker' in permission.on)];
}

/** Grants a permission, or replaces the options and expiry of an existing one. */
export async function putPermission(ports: Ports, permission: Permission): Promise<Permission> {
  const key = keys.permission(permission.recordName, permission);
  const known = await ports.table.get(key);
  const item = { ...permission, ...key, id: known ? String(known.id) : permission.id };
  const { on, ...stored } = item;
  await ports.table.transact([
    { put: { ...stored, ...('marker' in on ? { marker: on.marker } : { resourceId: on.resourceId }) } },
    { put: { ...keys.permissionId(item.id), at: key.sk, recordName: permission.recordName } },
  ]);
  return { ...permission, id: item.id };
}

export async function findPermission(ports: Ports, id: string): Promise<Permission | undefined> {
  const pointer = await ports.table.get(keys.permissionId(id));
  if (!pointer) return undefined;
  const item = await ports.table.get({ pk: permissionsIn(String(pointer.recordName)), sk: String(pointer.at) });
  return item && permissionOf(item);
}

export async function deletePermission(ports: Ports, permission: Permission): Promise<void> {
  await ports.table.transact([
    { delete: keys.permission(permission.recordName, permission) },
    { delete: keys.permissionId(permission.id) },
  ]);
}

export async function listPermissions(ports: Ports, record: string): Promise<Permission[]> {
  const items = await ports.table.query({ pk: permissionsIn(record) });
  return items.map(permissionOf);
}

function permissionOf(item: Item): Permission {
  // Written by putPermission only.
  const permission = item as unknown as Omit<Permission, 'on'> & { marker?: string; resourceId?: string };
  const { id, recordName, kind, action, subjectType, subjectId, options, expireTimeMs, marker, resourceId } =
    permission;
  const on = marker === undefined ? { resourceId: resourceId ?? '' } : { marker };
  return { id, recordName, on, kind, action, subjectType, subjectId, options, expireTimeMs };
}
