import { type Code, type ErrorKind, errors, Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { DecodedFrame, Dialect } from './dialect.ts';

/**
 * Frames of MindCache's clients: objects with a `type`, and no correlation. What we say: `auth_success` and `sync` first;
 * `key_updated`, `key_deleted`, `cleared` to everybody; refusals as `error`, to their sender only.
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
    return { type, input };
  },

  answer: async (_, __, output) => (output === undefined ? undefined : JSON.stringify(output)),

  refuse(failure, frame) {
    const sent = frame && 'type' in frame ? frame : undefined;
    if (sent?.type === 'auth') return JSON.stringify({ type: 'auth_error', ...authError(failure) });
    const key = keyIn(sent);
    return JSON.stringify({ type: 'error', ...spelled(failure, sent?.type), ...(key === undefined ? {} : { key }) });
  },

  /** Its clients push everything again upon any error: the same refusal would be asked for without end. */
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
    message = parseJson(text);
  } catch {
    throw unreadable();
  }
  if (!isObject(message)) throw unreadable();
  return message;
}

const unreadable = () => new Failure('malformed_message', 'Invalid message format');

/** @returns the key that a frame is about, as far as it can be told */
function keyIn(frame: DecodedFrame | undefined): string | undefined {
  if (!frame || !isObject(frame.input)) return undefined;
  const { key } = frame.input;
  return typeof key === 'string' ? key.slice(0, 512) : undefined;
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
