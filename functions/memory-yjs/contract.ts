import * as z from 'zod/mini';
import { type Contract, operation, push } from '../core/contract.ts';
import { FrameId, MessageFrame, Saved, SentMessage } from '../yjs/contract.ts';

/**
 * An instance as a Yjs document, in the protocol of MindCache's 3.x clients, over the same socket as `memory`. Frames
 * of the y-protocols sync protocol travel as text, because API Gateway takes no binary ones. The root map `mindcache`
 * has a map for each key, with `value` and `attributes`; the value of a key of the type `document` is a text. Edits of
 * the document change the keys, and changes of keys become edits of the document.
 */

const Data = () =>
  z.string().check(z.describe('In base64: a sync message of y-protocols. 0 and a state vector, 1 or 2 and an update.'));

export const memoryYjsContract = {
  operations: {
    exchange: operation({
      summary:
        'A sync message. After the first one, the connection gets updates of the document instead of key frames. The server stores an update before it passes it on. It ignores updates of callers who may only read, and what it cannot decode.',
      access: { caller: 'user', scope: 'read', within: 'instances' },
      errors: [
        'malformed_message',
        'not_found',
        'not_authorized',
        'not_logged_in',
        'instance_readonly',
        'max_size_reached',
        'service_unavailable',
      ],
      input: () => SentMessage(Data()),
      output: Saved,
      socket: { dialect: 'mindcache', type: 'yjs', reply: 'saved' },
    }),
    upload: operation({
      summary: 'Where to PUT the JSON of a frame that is too large; a `yjs` with that `url` and the `id` follows.',
      access: { caller: 'user', scope: 'write', within: 'instances' },
      errors: ['not_found', 'not_authorized', 'not_logged_in'],
      input: () => z.object({ id: FrameId() }),
      output: () => z.object({ type: z.literal('upload'), id: FrameId(), url: z.string() }),
      socket: { dialect: 'mindcache', type: 'upload', reply: 'upload' },
    }),
  },
  pushes: {
    message: push({
      summary: 'A sync message: what we know (0), all that the connection lacked (1), an update (2).',
      dialect: 'mindcache',
      type: 'yjs',
      payload: () => MessageFrame(Data()),
    }),
  },
} as const satisfies Contract;
