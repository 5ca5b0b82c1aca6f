import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';
import { Id, inPerson, Name, Seconds, Success } from '../projects/contract.ts';

/** Groups of users. Projects and instances can be shared with a group. */

const Group = () => z.object({ id: Id(), name: z.string(), created_at: Seconds() });
const refusals = ['not_found', 'not_authorized', 'not_logged_in', ...credentialErrors] as const;

export const groupsContract = {
  operations: {
    createGroup: operation({
      summary: 'Create a group. It has no members at first; the owner is not a member.',
      input: () => z.object({ name: Name('Name required') }),
      output: Group,
      ...inPerson,
      errors: ['limit_exceeded', 'not_authorized', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/groups', status: 201 },
    }),
    listGroups: operation({
      summary: 'List the groups that the caller owns or is a member of, newest first.',
      input: () => z.object({}),
      output: () =>
        z.object({
          groups: z.array(
            z.object({ id: Id(), name: z.string(), created_at: Seconds(), role: z.enum(['owner', 'member']) }),
          ),
        }),
      ...inPerson,
      errors: ['not_authorized', 'not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/groups' },
    }),
    listGroupMembers: operation({
      summary: 'List the members of a group that the caller owns.',
      input: () => z.object({ id: Id() }),
      output: () =>
        z.object({
          members: z.array(z.object({ user_id: Id(), email: z.nullable(z.string()), name: z.nullable(z.string()) })),
        }),
      ...inPerson,
      errors: refusals,
      http: { method: 'GET', path: '/api/groups/{id}/members' },
    }),
    addGroupMember: operation({
      summary: 'Add a user to a group that the caller owns. Adding a member again changes nothing.',
      input: () =>
        z.object({ id: Id(), userId: z.optional(Id()), email: z.optional(z.string().check(z.maxLength(320))) }).check(
          z.refine(({ userId, email }) => (userId ?? email) !== undefined, {
            error: wholeSentence('userId or email required'),
          }),
          z.meta({ examples: [{ id: 'x', userId: 'x' }] }),
        ),
      output: Success,
      ...inPerson,
      errors: ['limit_exceeded', ...refusals],
      http: { method: 'POST', path: '/api/groups/{id}/members', status: 201 },
    }),
    removeGroupMember: operation({
      summary: 'Remove a member from a group that the caller owns, or leave a group.',
      input: () => z.object({ id: Id(), userId: Id() }),
      output: Success,
      ...inPerson,
      errors: refusals,
      http: { method: 'DELETE', path: '/api/groups/{id}/members/{userId}' },
    }),
    deleteGroup: operation({
      summary: 'Delete a group that the caller owns. Its shares are revoked.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inPerson,
      errors: refusals,
      http: { method: 'DELETE', path: '/api/groups/{id}' },
    }),
  },
  pushes: {},
};
