import { type Code, type ErrorKind, errors, Failure } from '../core/errors.ts';
import { envelopeDepth, isObject, maxDepth, parseJson } from '../core/json.ts';
import type { DecodedFrame, Dialect, Received } from './dialect.ts';

/**
 * Frames of MindCache's clients: objects with a `type`, without correlation ids. The server sends `auth_success` and
 * `sync` first; `key_updated`, `key_deleted` and `cleared` to everyone; refusals as `error`, only to their sender.
 * Clients that edit the instance as a document send and receive `yjs` frames instead, which may have an `id`. A message
 * that is too large for a frame is uploaded to the URL that `upload` answers, and its frame has a `url` instead, as in
 * the dialect `yjs`.
 */
export const mindcache: Dialect = {
  name: 'mindcache',
  speaks: (path) => path.startsWith('/sync/'),
  warnsOfFloods: true,
  errorsPerSecond: 20,

  decode(text) {
    const message = messageIn(text);
    const { type, ...input } = message;
    if (typeof type !== 'string') throw unreadable();
    if (type === 'yjs' && typeof message.url === 'string') return { url: message.url, correlation: message.id };
    return { type, input };
  },

  big: {
    // `upload` is an ordinary operation, because not every client with a socket may upload.
    putAt: (_, url) => JSON.stringify({ type: 'upload', url }),
    read({ correlation }, text) {
      const { type, data } = messageIn(text);
      if (type !== 'yjs') throw unreadable();
      return { type, input: { data, ...(correlation === undefined ? {} : { id: correlation }) } };
    },
  },

  answer: async (_, __, output) => (output === undefined ? undefined : JSON.stringify(output)),

  refuse(failure, frame) {
    const sent = frame && 'type' in frame ? frame : undefined;
    if (sent?.type === 'auth') return JSON.stringify({ type: 'auth_error', ...authError(failure) });
    const key = keyIn(sent);
    const about = { ...(key === undefined ? {} : { key }), ...idIn(frame) };
    return JSON.stringify({ type: 'error', ...spelled(failure, sent?.type), ...about });
  },

  /** Its clients send everything again after any error, and would get the same refusal for ever. */
  onceRefused(frame) {
    if (!('type' in frame) || (frame.type !== 'set' && frame.type !== 'delete') || !isObject(frame.input))
      return undefined;
    const { timestamp: _, ...sent } = frame.input;
    return { type: frame.type, ...sent };
  },

  quiet: () => '{"type":"pong"}',
};

function messageIn(text: string): Record<string, unknown> {
  let message: unknown;
  try {
    message = parseJson(text, maxDepth + envelopeDepth);
  } catch {
    throw unreadable();
  }
  if (!isObject(message)) throw unreadable();
  return message;
}

const unreadable = () => new Failure('malformed_message', 'Invalid message format');

/** Fits into a frame, however it is escaped. */
const longestToldKey = 16_384;

/** @returns the key of a frame, if it can be determined */
function keyIn(frame: DecodedFrame | undefined): string | undefined {
  if (!frame || !isObject(frame.input)) return undefined;
  const { key } = frame.input;
  return typeof key === 'string' ? key.slice(0, longestToldKey) : undefined;
}

/** @returns the id of a message for which its sender expects an answer */
function idIn(frame: Received | undefined): { readonly id?: string | number } {
  const id = frame && sentIdIn(frame);
  return typeof id === 'string' || typeof id === 'number' ? { id } : {};
}

/** Types of clients that edit a document; other clients send no ids. */
const withId: ReadonlySet<string> = new Set(['yjs', 'upload']);

function sentIdIn(frame: Received): unknown {
  if (!('type' in frame)) return frame.correlation;
  return withId.has(frame.type) && isObject(frame.input) ? frame.input.id : undefined;
}

function authError({ code, message }: Failure) {
  if (code === 'session_expired') return { error: message, code: 'EXPIRED' };
  if (code === 'not_authorized') return { error: message, code: 'NO_ACCESS' };
  if (code === 'not_found') return { error: message, code: 'INSTANCE_NOT_FOUND' };
  return { error: message, code: passing.has(errors[code].kind) ? 'INTERNAL' : 'INVALID_KEY' };
}

const passing: ReadonlySet<ErrorKind> = new Set(['unavailable', 'internal']);

function spelled(
  { code, message }: Failure,
  type: string | undefined,
): { readonly error: string; readonly code: string } {
  if (code === 'instance_readonly') return { error: message, code: 'INSTANCE_READONLY' };
  const kind: ErrorKind = errors[code].kind;
  if (kind === 'unauthenticated' || kind === 'forbidden' || kind === 'missing') {
    return { error: `${type === 'clear' ? 'System' : 'Write'} permission required`, code: 'NO_PERMISSION' };
  }
  if (code === 'unacceptable_request') return { error: 'Invalid message format', code: 'PARSE_ERROR' };
  return { error: message, code: ofCode[code] ?? ofKind[kind] };
}

const ofCode: Partial<Record<Code, string>> = {
  unknown_message: 'UNKNOWN_TYPE',
  invalid_memory_key: 'INVALID_KEY',
  limit_exceeded: 'LIMIT_EXCEEDED',
};

const ofKind = {
  invalid: 'PARSE_ERROR',
  conflict: 'CONFLICT',
  too_large: 'VALUE_TOO_LARGE',
  rate_limited: 'LIMIT_EXCEEDED',
  unsupported: 'INTERNAL',
  unavailable: 'INTERNAL',
  internal: 'INTERNAL',
} as const satisfies Record<Exclude<ErrorKind, 'unauthenticated' | 'forbidden' | 'missing'>, string>;
