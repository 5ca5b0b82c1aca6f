import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';
import { Id, inInstances, Seconds, Success } from '../projects/contract.ts';

/** Shares: access that others have to a project with all its instances, or to one instance. */

const Permission = () => z.enum(['read', 'write', 'admin']);
const Target = () => z.enum(['user', 'group', 'public']);
const Shares = () =>
  z.object({
    shares: z.array(
      z.object({
        id: Id(),
        target_type: Target(),
        target_id: z.nullable(z.string()),
        permission: Permission(),
        created_at: Seconds(),
        target_email: z.nullable(z.string()),
        target_name: z.nullable(z.string()),
      }),
    ),
  });

const said = () => ({
  targetType: Target(),
  targetId: z.nullish(Id()).check(z.describe('Id of the user or of the group.')),
  targetEmail: z
    .nullish(z.string().check(z.minLength(1), z.maxLength(320)))
    .check(z.describe('Names a user by email address instead of id.')),
  permission: Permission(),
});
const Wanted = () =>
  z.object({ id: Id(), ...said() }).check(
    z.refine(
      ({ targetType, targetId, targetEmail }) => targetType !== 'user' || typeof (targetId ?? targetEmail) === 'string',
      {
        error: wholeSentence('targetId or targetEmail required'),
      },
    ),
    z.refine(({ targetType, targetId }) => targetType !== 'group' || typeof targetId === 'string', {
      error: wholeSentence('targetId required'),
    }),
    z.meta({ examples: [{ id: 'x', targetType: 'public', permission: 'read' }] }),
  );
const Made = () => z.object({ id: Id(), ...said() });

const refusals = ['not_found', 'not_authorized', 'not_logged_in', ...credentialErrors] as const;
const making = ['limit_exceeded', 'conflict', ...refusals] as const;

export const sharesContract = {
  operations: {
    listProjectShares: operation({
      summary: 'List the shares of a project.',
      input: () => z.object({ id: Id() }),
      output: Shares,
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/projects/{id}/shares' },
    }),
    shareProject: operation({
      summary: 'Share a project and its instances. Sharing with the same target again changes its permission.',
      input: Wanted,
      output: Made,
      ...inInstances,
      errors: making,
      http: { method: 'POST', path: '/api/projects/{id}/shares', status: 201 },
    }),
    listInstanceShares: operation({
      summary: 'List the shares of a single instance, without those of its project.',
      input: () => z.object({ id: Id() }),
      output: Shares,
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/instances/{id}/shares' },
    }),
    shareInstance: operation({
      summary: 'Share one instance. Sharing with the same target again changes its permission.',
      input: Wanted,
      output: Made,
      ...inInstances,
      errors: making,
      http: { method: 'POST', path: '/api/instances/{id}/shares', status: 201 },
    }),
    deleteShare: operation({
      summary:
        'Revoke a share. It takes effect at once; the server closes the sockets of users without remaining access within seconds.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inInstances,
      errors: ['not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'DELETE', path: '/api/shares/{id}' },
    }),
  },
  pushes: {},
};
