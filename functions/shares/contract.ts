import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';
import { Id, inInstances, Seconds, Success } from '../projects/contract.ts';

/** Who else may do what with a project and all that is in it, or with one instance. */

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
  targetId: z.nullish(Id()).check(z.describe('The user’s or the group’s.')),
  targetEmail: z.nullish(z.string().check(z.minLength(1), z.maxLength(320))).check(z.describe('Names a user as well.')),
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
      summary: 'With whom a project is shared.',
      input: () => z.object({ id: Id() }),
      output: Shares,
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/projects/{id}/shares' },
    }),
    shareProject: operation({
      summary: 'Share a project and its instances. Sharing again with the same target changes what it may do.',
      input: Wanted,
      output: Made,
      ...inInstances,
      errors: making,
      http: { method: 'POST', path: '/api/projects/{id}/shares', status: 201 },
    }),
    listInstanceShares: operation({
      summary: 'With whom an instance is shared on its own.',
      input: () => z.object({ id: Id() }),
      output: Shares,
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/instances/{id}/shares' },
    }),
    shareInstance: operation({
      summary: 'Share one instance. Sharing again with the same target changes what it may do.',
      input: Wanted,
      output: Made,
      ...inInstances,
      errors: making,
      http: { method: 'POST', path: '/api/instances/{id}/shares', status: 201 },
    }),
    deleteShare: operation({
      summary: 'Take a share back. It counts no more at once; sockets of who has no access left close within seconds.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inInstances,
      errors: ['not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'DELETE', path: '/api/shares/{id}' },
    }),
  },
  pushes: {},
};
