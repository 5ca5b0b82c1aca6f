import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';

/** Webhooks from Clerk, for applications whose users sign in there. */
export const clerkContract = {
  operations: {
    hearOfUser: operation({
      summary:
        'Webhook from Clerk about a user: `user.created`, `user.updated` or `user.deleted`. Events may arrive in any order and more than once. Clerk signs them as Svix does, with `CLERK_WEBHOOK_SECRET`.',
      input: () => z.unknown(),
      output: () => z.object({ received: z.literal(true) }),
      access: { caller: 'ownProof', scope: 'none' },
      errors: ['invalid_key', 'not_set_up'],
      http: { method: 'POST', path: '/webhooks/clerk', raw: true },
      runsIn: 'instances',
    }),
  },
  pushes: {},
};
