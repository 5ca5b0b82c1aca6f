import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';
import { Id, inPerson, Name, Seconds, Success } from '../projects/contract.ts';

/**
 * API keys as MindCache's clients manage them. Times are seconds since 1970. A caller who may create keys could create
 * one with any permission. So creating keys needs a session, a JWT or an account key with the permission `admin`.
 */

const Permission = () => z.enum(['read', 'write', 'admin']);
const ScopeType = () => z.enum(['account', 'project', 'instance']);

export const apiKeysContract = {
  operations: {
    listApiKeys: operation({
      summary: 'List the caller’s API keys, newest first, without the keys themselves.',
      input: () => z.object({}),
      output: () =>
        z.object({
          keys: z.array(
            z.object({
              id: Id(),
              name: z.string(),
              key_prefix: z.string().check(z.describe('The key’s first twelve characters.')),
              scope_type: ScopeType(),
              scope_id: z.nullable(Id()),
              permissions: z.array(Permission()),
              created_at: Seconds(),
              last_used_at: z.nullable(Seconds()).check(z.describe('Accurate to the minute.')),
            }),
          ),
        }),
      ...inPerson,
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/keys' },
    }),
    createApiKey: operation({
      summary: 'Create an API key. Only this answer contains the key itself.',
      input: () =>
        z.object({
          name: Name('Name required'),
          scopeType: ScopeType(),
          scopeId: z
            .nullish(Id())
            .check(z.describe('Id of the project or instance; required for these two scope types.')),
          permissions: z
            ._default(z.array(Permission()).check(z.minLength(1), z.maxLength(3)), ['read'])
            .check(z.describe('The highest permission in the list decides.')),
        }),
      output: () =>
        z.object({
          id: Id(),
          name: z.string(),
          key: z.string().check(z.describe('`mc_live_` and 32 hexadecimal digits.')),
          keyPrefix: z.string(),
          scopeType: ScopeType(),
          scopeId: z.optional(Id()),
          permissions: z.array(Permission()),
        }),
      ...inPerson,
      errors: ['limit_exceeded', 'not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/keys', status: 201 },
    }),
    deleteApiKey: operation({
      summary: 'Delete an API key. It stops working at once, and the server closes its sockets within seconds.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inPerson,
      errors: ['not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'DELETE', path: '/api/keys/{id}' },
    }),
  },
  pushes: {},
};
