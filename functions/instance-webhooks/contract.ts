import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';
import { Id, inInstances, Seconds, Success } from '../projects/contract.ts';

/** Outside URLs to which Chorus delivers the changes of an instance. */

const Url = () =>
  z
    .string()
    .check(z.minLength(1), z.maxLength(2_048), z.describe('Begins with https://, at a host of the public internet.'));
const Events = () => z.array(z.enum(['key.updated', 'key.deleted', 'instance.cleared']));
const Active = () =>
  z
    .union([z.literal(0), z.literal(1)])
    .check(z.describe('0: it failed for so long that the server no longer calls it.'));

const refusals = ['not_found', 'not_authorized', 'not_logged_in', ...credentialErrors] as const;

export const instanceWebhooksContract = {
  operations: {
    createWebhook: operation({
      summary:
        'Create a webhook that reports what happens in an instance. The answer contains the secret that signs its requests; no later answer does.',
      input: () =>
        z.object({
          id: Id().check(z.describe('The instance’s.')),
          url: Url(),
          events: z._default(Events().check(z.minLength(1), z.maxLength(3)), ['key.updated']),
        }),
      output: () =>
        z.object({
          id: Id(),
          url: Url(),
          events: Events(),
          secret: z.string().check(z.describe('`whsec_` and base64, as Standard Webhooks has it.')),
          is_active: Active(),
        }),
      ...inInstances,
      errors: ['unacceptable_url', 'limit_exceeded', ...refusals],
      http: { method: 'POST', path: '/api/instances/{id}/webhooks', status: 201 },
    }),
    listWebhooks: operation({
      summary: 'List the webhooks of an instance.',
      input: () => z.object({ id: Id() }),
      output: () =>
        z.object({
          webhooks: z.array(
            z.object({
              id: Id(),
              instance_id: Id(),
              user_id: Id(),
              url: Url(),
              events: Events(),
              is_active: Active(),
              created_at: Seconds(),
              last_triggered_at: z.nullable(Seconds()),
              skipped: z
                .number()
                .check(
                  z.describe('Changes that were never delivered, because newer ones of the same key were waiting too.'),
                ),
            }),
          ),
        }),
      ...inInstances,
      errors: refusals,
      http: { method: 'GET', path: '/api/instances/{id}/webhooks' },
    }),
    deleteWebhook: operation({
      summary: 'Delete a webhook.',
      input: () => z.object({ id: Id() }),
      output: Success,
      ...inInstances,
      errors: ['not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'DELETE', path: '/api/webhooks/{id}' },
    }),
  },
  pushes: {},
};
