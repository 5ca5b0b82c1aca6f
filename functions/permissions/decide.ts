import type { Role } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { recordNamed } from '../records/open-record.ts';
import { studioRole } from '../studios/membership.ts';
import type { Deed } from './kinds.ts';
import { allows, openedByKey, openedByStudio } from './kinds.ts';
import { markers as builtIn, rootOf } from './markers.ts';
import type { PermissionOptions } from './permission-store.ts';
import { matchingPermissions } from './permission-store.ts';
import { switchedOff } from './privacy.ts';
import { isOpenByRole, isPublic } from './public.ts';
import { rolesHeldBy } from './role-store.ts';

/**
 * Authorizes a caller's action on a resource. Every capability that keeps data in records calls it once per action. All
 * subjects must be allowed: the user, and each inst that asks in the user's name. Nothing is cached between requests.
 * The checks run cheapest first, as far as the answer stays the same: the data that opened the record settles most of
 * them.
 */

/** The action and its resource. */
export interface Matter extends Deed {
  readonly markers: readonly string[];
  /** Absent for lists. */
  readonly resourceId?: string;
}

/** The call is allowed. `options` are those of the permission that allowed it; empty if no permission was needed. */
export interface Allowed {
  readonly options: PermissionOptions;
}

export interface Subject {
  readonly type: 'user' | 'inst';
  readonly id: string | undefined;
  readonly role: Role;
}

/** @throws Failure `not_logged_in`, or `not_authorized` with the reason */
export async function authorize(
  ports: Ports,
  record: OpenRecord,
  matter: Matter,
  instances: readonly string[] = [],
): Promise<Allowed> {
  const user: Subject = { type: 'user', id: record.user?.userId, role: record.user?.role ?? 'none' };
  // A malicious inst must not be able to do everything once a super user visits it.
  const role = user.role === 'system' ? 'system' : 'none';
  const insts = instances.map((id): Subject => ({ type: 'inst', id: normalInst(id), role }));
  const [allowed] = await Promise.all(
    [user, ...insts].map((subject) => authorizeSubject(ports, record, matter, subject)),
  );
  return allowed ?? { options: {} };
}

async function authorizeSubject(ports: Ports, record: OpenRecord, matter: Matter, subject: Subject): Promise<Allowed> {
  if (matter.action === 'list' && matter.markers.length > 1) {
    throw refusal(record, matter, subject, { type: 'too_many_markers' });
  }
  const off = await switchedOff(ports, record, matter, subject);
  if (off) throw refusal(record, matter, subject, { type: 'disabled_privacy_feature', privacyFeature: off });
  if (await isOpen(ports, record, matter, subject)) return { options: {} };
  const granted = await findGrant(ports, record, matter, subject);
  if (granted) return { options: granted };
  if (subject.type === 'user' && subject.id === undefined && !isNobodysDoing(record, matter)) {
    throw new Failure('not_logged_in', 'The user is not logged in. A session key must be provided for this operation.');
  }
  throw refusal(record, matter, subject, { type: 'missing_permission' });
}

/** Keys give no access to markers. But with a subjectless key, signing in would not help either. */
function isNobodysDoing({ key }: OpenRecord, { kind }: Matter): boolean {
  return key?.policy === 'subjectless' && kind === 'marker';
}

/** Whether the action is allowed without a grant: by role, marker, key, ownership or studio. */
async function isOpen(ports: Ports, record: OpenRecord, matter: Matter, subject: Subject): Promise<boolean> {
  if (isOpenByRole(matter, subject) || isPublic(matter)) return true;
  if (record.key && allows(openedByKey, matter)) {
    if (record.key.policy === 'subjectfull' && subject.type === 'user' && subject.id === undefined) {
      throw new Failure('not_logged_in', 'This record key works for signed-in users only.');
    }
    return true;
  }
  return subject.type === 'inst' ? isAtHome(ports, record, subject.id ?? '') : isOwners(ports, record, matter, subject);
}

async function isOwners(ports: Ports, { record }: OpenRecord, matter: Matter, subject: Subject): Promise<boolean> {
  if (subject.id === undefined) return false;
  if (record.ownerId !== null && record.ownerId === subject.id) return true;
  if (record.studioId === null) return false;
  // The id of a subject of type user is one of our own.
  const role = await studioRole(ports.table, record.studioId, subject.id as UserId);
  if (role === 'admin') return true;
  return role === 'member' && (allows(openedByStudio, matter) || assignsDefault(matter));
}

/** Members may assign the markers `publicRead` and `private`; they may not change other markers. */
function assignsDefault({ kind, action, resourceId }: Matter): boolean {
  if (kind !== 'marker' || action !== 'assign' || resourceId === undefined) return false;
  const root = rootOf(resourceId);
  return root === builtIn.publicRead || root === builtIn.private;
}

/** An inst has full access to its own record, and to other records of the same owner. */
async function isAtHome(ports: Ports, { record }: OpenRecord, inst: string): Promise<boolean> {
  const home = inst.slice(0, inst.indexOf('/'));
  if (home === '') return false;
  if (home === record.name) return true;
  const other = await recordNamed(ports, home);
  if (!other) return false;
  return record.ownerId !== null ? other.ownerId === record.ownerId : other.studioId === record.studioId;
}

/**
 * Role `admin` in the record, or a permission for the resource or a marker, held by the subject or one of its roles.
 */
async function findGrant(
  ports: Ports,
  { record }: OpenRecord,
  matter: Matter,
  subject: Subject,
): Promise<PermissionOptions | undefined> {
  if (subject.id === undefined) return undefined;
  const holder = { type: subject.type, id: subject.id };
  const roles = await rolesHeldBy(ports, record.name, holder);
  if (roles.includes('admin')) return {};
  const holders = [holder, ...roles.map((id) => ({ type: 'role', id }) as const)];
  return (await matchingPermissions(ports, record.name, matter, holders))[0]?.options;
}

/** A bare name is that of a public inst. */
export function normalInst(id: string): string {
  return id.includes('/') ? id : `/${id}`;
}

function refusal(
  { record }: OpenRecord,
  { kind, action, resourceId }: Matter,
  subject: Subject,
  reason: Readonly<Record<string, unknown>>,
): Failure {
  return new Failure('not_authorized', 'You are not authorized to perform this action.', {
    reason: {
      ...reason,
      recordName: record.name,
      subjectType: subject.type,
      subjectId: subject.id ?? null,
      resourceKind: kind,
      ...(resourceId === undefined ? {} : { resourceId }),
      action,
    },
  });
}
