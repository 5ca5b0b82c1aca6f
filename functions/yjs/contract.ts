import * as z from 'zod/mini';
import { type Contract, operation, push } from '../core/contract.ts';

/**
 * Branches for Yjs's own tools, in text frames. A socket at `/yjs/{record, or - for public insts}/{inst}/{branch}`
 * belongs to that branch while it is open. Both sides send their state vector (sync step 1) and get the updates they
 * lack (step 2), then new updates as they come. The server broadcasts awareness, and keeps it only while its connection
 * is open.
 */

const Data = () =>
  z
    .string()
    .check(
      z.describe(
        'A message of y-websocket in base64: 0 and a y-protocols sync message, 1 and an awareness update, or 3 to request awareness.',
      ),
    );
/** The id of an update, which its acknowledgement repeats. */
export const FrameId = () => z.union([z.string().check(z.maxLength(64)), z.number()]);

/** A message, or for one that is too large, the URL of its frame. */
export const MessageFrame = <D extends z.core.$ZodType>(data: D) =>
  z.union([
    z.object({ data }),
    z.object({
      url: z
        .string()
        .check(z.describe('URL of a frame that was too large to send. A GET within an hour returns its JSON.')),
    }),
  ]);

/** A message from a client. */
export const SentMessage = <D extends z.core.$ZodType>(data: D) =>
  z.object({
    data,
    id: z
      .optional(FrameId())
      .check(z.describe('With an update: requests an acknowledgement once the server has stored it, or an error.')),
  });
export const Saved = () => z.optional(z.object({ type: z.literal('saved'), id: FrameId() }));

export const yjsContract = {
  operations: {
    exchange: operation({
      summary:
        'Send a message of the Yjs protocols. The server stores updates before it acknowledges and broadcasts them. It ignores malformed messages, or refuses them if they have an `id`.',
      access: { caller: 'anyone', scope: 'read' },
      errors: [
        'malformed_message',
        'invalid_token',
        'session_expired',
        'not_logged_in',
        'not_authorized',
        'record_not_found',
        'inst_not_found',
        'subscription_limit_reached',
        'max_size_reached',
        'too_large',
      ],
      input: () => SentMessage(Data()),
      output: Saved,
      socket: { dialect: 'yjs', type: 'yjs', reply: 'saved' },
    }),
  },
  pushes: {
    message: push({
      summary: 'A message of the Yjs protocols.',
      dialect: 'yjs',
      type: 'yjs',
      payload: () => MessageFrame(Data()),
    }),
  },
} as const satisfies Contract;
