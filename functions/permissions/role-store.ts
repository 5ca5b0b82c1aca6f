import type { RoleSubject } from '../core/keys.ts';
import { assignmentsOf, keys, rolesIn, rolesOf } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';

/** Roles in records. Each assignment has two rows, by subject and by role; one transaction writes both. */
export interface RoleAssignment {
  readonly subject: RoleSubject;
  readonly role: string;
  /** The assignment expires at this millisecond. */
  readonly expireTimeMs: number | null;
}

/** Names of the subject's roles that have not expired. */
export async function rolesHeldBy(ports: Ports, record: string, subject: RoleSubject): Promise<string[]> {
  return (await listRoles(ports, record, subject)).map(({ role }) => role);
}

export async function listRoles(ports: Ports, record: string, subject: RoleSubject): Promise<RoleAssignment[]> {
  const items = await ports.table.query({ pk: rolesIn(record), beginsWith: rolesOf(subject) });
  return items.map(assignmentOf).filter((one) => counts(ports, one));
}

/** The subjects of one role, or of all roles; sorted by role, then by subject. */
export async function listAssignments(
  ports: Ports,
  record: string,
  role: string | undefined,
): Promise<RoleAssignment[]> {
  const items = await ports.table.query({ pk: rolesIn(record), beginsWith: assignmentsOf(role) });
  return items.map(assignmentOf).filter((one) => counts(ports, one));
}

export async function grantRole(ports: Ports, record: string, assignment: RoleAssignment): Promise<void> {
  const { subject, role, expireTimeMs } = assignment;
  const item = {
    subjectType: subject.type,
    subjectId: subject.id,
    role,
    expireTimeMs,
    ttl: expireTimeMs === null ? undefined : Math.ceil(expireTimeMs / 1000) + 24 * 3600,
  };
  await ports.table.transact([
    { put: { ...keys.roleOfSubject(record, subject, role), ...item } },
    { put: { ...keys.assignmentOfRole(record, role, subject), ...item } },
  ]);
}

export async function revokeRole(ports: Ports, record: string, subject: RoleSubject, role: string): Promise<void> {
  await ports.table.transact([
    { delete: keys.roleOfSubject(record, subject, role) },
    { delete: keys.assignmentOfRole(record, role, subject) },
  ]);
}

function counts(ports: Ports, { expireTimeMs }: RoleAssignment): boolean {
  return expireTimeMs === null || expireTimeMs > ports.clock.now();
}

function assignmentOf(item: Item): RoleAssignment {
  return {
    subject: { type: item.subjectType === 'inst' ? 'inst' : 'user', id: String(item.subjectId) },
    role: String(item.role),
    expireTimeMs: typeof item.expireTimeMs === 'number' ? item.expireTimeMs : null,
  };
}
