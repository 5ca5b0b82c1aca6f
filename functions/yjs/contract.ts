import * as z from 'zod/mini';
import { type Contract, operation, push } from '../core/contract.ts';

/**
 * Branches for Yjs's own tools, in frames of text: a socket at `/yjs/{record, or - for public ones}/{inst}/{branch}` is that
 * branch's for its life. Both sides say what they know (sync step 1) and get what they lack (step 2), then updates as they
 * come. Awareness is passed on, and never kept longer than who shows it stays.
 */

const Data = () =>
  z
    .string()
    .check(
      z.describe(
        'In base64: a message as y-websocket has it. 0 and a y-protocols sync message, 1 and an awareness update, or 3 to ask for awareness.',
      ),
    );
/** What acknowledgements carry back. */
export const FrameId = () => z.union([z.string().check(z.maxLength(64)), z.number()]);

/** A message in its frame, or where the frame is. */
export const MessageFrame = <D extends z.core.$ZodType>(data: D) =>
  z.union([
    z.object({ data }),
    z.object({
      url: z
        .string()
        .check(z.describe('Where the frame is that would have been too large: a GET within an hour brings its JSON.')),
    }),
  ]);

/** A message from a client. */
export const SentMessage = <D extends z.core.$ZodType>(data: D) =>
  z.object({
    data,
    id: z.optional(FrameId()).check(z.describe('Of an update: its sender wants to hear when it is kept, or why not.')),
  });
export const Saved = () => z.optional(z.object({ type: z.literal('saved'), id: FrameId() }));

export const yjsContract = {
  operations: {
    exchange: operation({
      summary:
        'A message of the Yjs protocols. Updates are kept before they are acknowledged and passed on; what is no message is ignored.',
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
