import { Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { DecodedFrame, Dialect } from './dialect.ts';

/**
 * The Yjs protocols in text frames, because API Gateway accepts no binary ones.
 *
 * | frame                               | says                                                                   |
 * | ----------------------------------- | ---------------------------------------------------------------------- |
 * | `{"type":"yjs","data","id"?}`       | a message in base64; an update with an id is acknowledged              |
 * | `{"type":"yjs","url","id"?}`        | the frame is there, being too large                                    |
 * | `{"type":"upload","id"}`            | a client asks where to put one; answered by the same with `url`        |
 * | `{"type":"saved","id"}`             | an update is kept                                                      |
 * | `{"type":"error","code","message","id"?}` | what was refused, and why                                        |
 *
 * All other frames are ignored. The server speaks first: it sends its state vector of the branch.
 */
export const yjsText: Dialect = {
  name: 'yjs',
  warnsOfFloods: true,
  speaks: (path) => path.startsWith('/yjs/'),

  decode(text) {
    const message = messageIn(text);
    if (!message) return undefined;
    const correlation = message.id;
    if (message.type === 'upload') return { asks: 'upload', correlation };
    if (typeof message.url === 'string' && message.type === 'yjs') return { url: message.url, correlation };
    return frameIn(message, correlation);
  },

  big: {
    putAt: ({ correlation }, url) => JSON.stringify({ type: 'upload', id: correlation, url }),
    read({ correlation }, text) {
      const frame = frameIn(messageIn(text) ?? {}, correlation);
      if (frame) return frame;
      throw new Failure('malformed_message', 'There is no message at this URL.');
    },
  },

  answer: async (_, __, output) => (output === undefined ? undefined : JSON.stringify(output)),

  refuse({ code, message }, frame) {
    const id = frame?.correlation;
    const isId = typeof id === 'string' || typeof id === 'number';
    return JSON.stringify({ type: 'error', code, message, ...(isId ? { id } : {}) });
  },

  /** An update with nothing in it. */
  quiet: () => '{"type":"yjs","data":"AAICAAA="}',
};

function messageIn(text: string): Record<string, unknown> | undefined {
  try {
    const message = parseJson(text);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function frameIn({ type, data }: Record<string, unknown>, id: unknown): DecodedFrame | undefined {
  if (type !== 'yjs' || typeof data !== 'string') return undefined;
  return { type, input: { data, ...(id === undefined ? {} : { id }) }, correlation: id };
}
