import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import {
  AskingInstances,
  KeyOrName,
  Marker,
  recordErrors,
  signedInAdmin,
  signedInRead,
  TimeMs,
} from '../records/contract.ts';

/** Who may do what: permissions for markers or single resources, and roles, which are names scoped to a record. */

/** Every kind of resource with its actions, in the clients' spelling. */
export const actionsOf = {
  data: ['create', 'read', 'update', 'delete', 'list'],
  file: ['create', 'read', 'update', 'delete', 'list'],
  event: ['increment', 'count', 'update', 'list'],
  marker: ['assign', 'unassign', 'grantPermission', 'revokePermission', 'read'],
  role: ['grant', 'revoke', 'read', 'update', 'list'],
  inst: ['create', 'read', 'update', 'updateData', 'delete', 'list', 'sendAction'],
  webhook: ['create', 'read', 'update', 'delete', 'list', 'run'],
  notification: ['create', 'read', 'update', 'delete', 'list', 'send', 'subscribe', 'unsubscribe', 'listSubscriptions'],
  package: ['create', 'read', 'update', 'delete', 'list', 'run'],
  'package.version': ['create', 'read', 'update', 'delete', 'list', 'run'],
  search: ['create', 'read', 'update', 'delete', 'list'],
  database: ['create', 'read', 'update', 'delete', 'list'],
  purchasableItem: ['create', 'read', 'update', 'delete', 'list', 'purchase'],
  contract: ['create', 'read', 'update', 'delete', 'list', 'purchase', 'cancel'],
  invoice: ['create', 'read', 'update', 'delete', 'list', 'approve', 'cancel'],
  loom: ['create'],
  'ai.sloyd': ['create'],
  'ai.hume': ['create'],
  'ai.openai.realtime': ['create'],
  'ai.chat': ['create'],
  'ai.image': ['create'],
  'ai.skybox': ['create'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Kind = keyof typeof actionsOf;

const SubjectId = () => z.string().check(z.minLength(1), z.maxLength(256));
const ResourceId = () => z.string().check(z.minLength(1), z.maxLength(512));
const Role = () => z.string().check(z.minLength(1), z.maxLength(128));
// The keys of an object literal are exactly its kinds.
const Kinds = () => z.enum(Object.keys(actionsOf) as [Kind, ...Kind[]]);

const Options = () =>
  z.object({
    maxFileSizeInBytes: z.optional(z.int().check(z.positive())),
    allowedMimeTypes: z.optional(z.union([z.literal(true), z.array(z.string().check(z.maxLength(128)))])),
    maxDurationMs: z.optional(z.int().check(z.positive())),
  });

const Permission = () =>
  z
    .object({
      marker: z.optional(Marker()),
      resourceKind: Kinds(),
      resourceId: z.optional(ResourceId()),
      action: z.optional(z.nullable(z.string().check(z.describe('An action of this kind; null for all actions.')))),
      subjectType: z.enum(['user', 'inst', 'role']),
      subjectId: SubjectId(),
      expireTimeMs: z.optional(z.nullable(TimeMs())),
      options: z.optional(z.nullable(Options())),
    })
    .check(
      z.meta({ examples: [{ marker: 'secret', resourceKind: 'data', subjectType: 'user', subjectId: 'somebody' }] }),
      z.refine(({ marker, resourceId }) => marker !== undefined || resourceId !== undefined, {
        error: 'a permission names a marker or a resourceId',
        path: ['marker'],
      }),
      z.refine(
        ({ resourceKind, action }) => action == null || (actionsOf[resourceKind] as readonly string[]).includes(action),
        {
          error: 'the action is none of this kind',
          path: ['action'],
        },
      ),
    );

const ListedPermission = () =>
  z.object({
    id: z.string(),
    recordName: z.string(),
    subjectType: z.enum(['user', 'inst', 'role']),
    subjectId: SubjectId(),
    resourceKind: Kinds(),
    action: z.nullable(z.string()),
    marker: z.optional(Marker()),
    resourceId: z.optional(ResourceId()),
    options: Options(),
    expireTimeMs: z.nullable(TimeMs()),
  });

const HeldRole = () => z.object({ role: Role(), expireTimeMs: z.nullable(TimeMs()) });
const WhoHasRole = () => ({ userId: z.optional(SubjectId()), inst: z.optional(SubjectId()) });
const base = () => ({ instances: AskingInstances() });

export const permissionsContract = {
  operations: {
    grantPermission: operation({
      summary: 'Grant a user, an inst or a role an action on all resources with a marker, or on one resource.',
      input: () => z.object({ recordName: KeyOrName(), permission: Permission(), ...base() }),
      output: () => z.object({}),
      access: signedInAdmin,
      errors: recordErrors,
      http: { method: 'POST', path: '/api/v2/records/permissions' },
      procedure: { name: 'grantPermission', origins: 'api' },
    }),
    revokePermission: operation({
      summary: 'Revoke a permission.',
      input: () => z.object({ permissionId: z.string().check(z.minLength(1), z.maxLength(256)), ...base() }),
      output: () => z.object({}),
      access: signedInAdmin,
      errors: [...recordErrors, 'permission_not_found'],
      http: { method: 'POST', path: '/api/v2/records/permissions/revoke' },
      procedure: { name: 'revokePermission', origins: 'api' },
    }),
    listPermissions: operation({
      summary: 'List the permissions of a record, of a marker in it, or of one resource.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          marker: z.optional(Marker()),
          resourceKind: z.optional(Kinds()),
          resourceId: z.optional(ResourceId()),
          ...base(),
        }),
      output: () =>
        z.object({
          recordName: z.string(),
          resourcePermissions: z.optional(z.array(ListedPermission())),
          markerPermissions: z.optional(z.array(ListedPermission())),
        }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/permissions/list' },
      procedure: { name: 'listPermissions', origins: 'api' },
    }),
    grantRole: operation({
      summary: 'Grant a user or an inst a role in a record. The role `admin` permits everything in it.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          role: Role(),
          ...WhoHasRole(),
          expireTimeMs: z.optional(z.nullable(TimeMs())),
          ...base(),
        }),
      output: () => z.object({}),
      access: signedInAdmin,
      errors: recordErrors,
      http: { method: 'POST', path: '/api/v2/records/role/grant' },
      procedure: { name: 'grantRole', origins: 'api' },
    }),
    revokeRole: operation({
      summary: 'Revoke a role.',
      input: () => z.object({ recordName: KeyOrName(), role: Role(), ...WhoHasRole(), ...base() }),
      output: () => z.object({}),
      access: signedInAdmin,
      errors: recordErrors,
      http: { method: 'POST', path: '/api/v2/records/role/revoke' },
      procedure: { name: 'revokeRole', origins: 'api' },
    }),
    listUserRoles: operation({
      summary: "List a user's roles in a record. Users need no permission to list their own.",
      input: () => z.object({ recordName: KeyOrName(), userId: SubjectId(), ...base() }),
      output: () => z.object({ roles: z.array(HeldRole()) }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/role/user/list' },
      procedure: { name: 'listUserRoles', origins: 'api' },
    }),
    listInstRoles: operation({
      summary: "List an inst's roles in a record.",
      input: () => z.object({ recordName: KeyOrName(), inst: SubjectId(), ...base() }),
      output: () => z.object({ roles: z.array(HeldRole()) }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/role/inst/list' },
      procedure: { name: 'listInstRoles', origins: 'api' },
    }),
    listRoleAssignments: operation({
      summary: 'List the users and insts that have a given role in a record, or any role.',
      input: () =>
        z.object({ recordName: KeyOrName(), role: z.optional(Role()), startingRole: z.optional(Role()), ...base() }),
      output: () =>
        z.object({
          assignments: z.array(
            z.object({
              type: z.enum(['user', 'inst']),
              userId: z.optional(SubjectId()),
              inst: z.optional(SubjectId()),
              role: HeldRole(),
            }),
          ),
          totalCount: z.optional(z.int()),
        }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/role/assignments/list' },
      procedure: { name: 'listRoleAssignments', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
