import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';

/** What Clerk tells of the users of an application, where there is one. */
export const clerkContract = {
  operations: {
    hearOfUser: operation({
      summary:
        'What Clerk tells of a user: `user.created`, `user.updated` or `user.deleted`, in any order, as often as it likes. Signed as Svix does, with `CLERK_WEBHOOK_SECRET`.',
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
