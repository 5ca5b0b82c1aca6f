import { type Code, closeReasons, type ErrorKind, errors, Failure } from '../core/errors.ts';
import { isObject, parseJson, tooDeepIn } from '../core/json.ts';
import type { Dialect, Situation } from './dialect.ts';
import { maxFrameBytes, resultFrame, systemFrame } from './noex-frames.ts';

/**
 * noex's frames: a request is `{id, type, …fields}`, and the server answers once, with `result` or `error` and its id;
 * if the id cannot be read, with id 0. A `pong` is no request and gets no answer. The server speaks first: `welcome`.
 */
export const noex: Dialect = {
  name: 'noex',
  forgivesToken: true,
  awaitsAnswers: true,
  speaks: (path) => path === '/',

  decode(text) {
    const message = messageIn(text);
    const { type, id } = message;
    if (typeof type !== 'string' || type === '') throw malformed('type', 'a non-empty string');
    if (type === 'pong') {
      if (!isFiniteNumber(message.timestamp)) throw malformed('timestamp', 'a finite number');
      return undefined;
    }
    if (!isFiniteNumber(id)) throw malformed('id', 'a finite number');
    const unfit = tooDeepIn(text, deepest);
    return { type, input: message, correlation: id, ...(unfit ? { unfit } : {}) };
  },

  async answer(_, { correlation }, output) {
    const frame = resultFrame(correlation, JSON.stringify(output ?? null));
    const bytes = Buffer.byteLength(frame);
    if (bytes <= maxFrameBytes) return frame;
    const limit = maxFrameBytes;
    throw new Failure('too_large', `The answer has ${bytes} bytes, and a message may have ${limit}.`, { bytes, limit });
  },

  refuse(failure, frame, situation) {
    const { code } = failure;
    const details = situation?.exposeErrorDetails === false ? undefined : detailsOf(failure);
    return JSON.stringify({
      id: frame?.correlation ?? 0,
      type: 'error',
      code: wordOf(code),
      message: messageOf(failure, situation),
      ...(details === undefined ? {} : { details }),
    });
  },

  quiet: (_, now) => JSON.stringify({ type: 'ping', timestamp: now }),
  answersPings: true,

  ending(reason) {
    const why = reason === 'signedOut' ? 'sessionRevoked' : reason;
    const revoked = { reason: 'The session has ended: sign in again.' };
    const frames = why === 'sessionRevoked' ? [systemFrame('session_revoked', revoked)] : [];
    return { why, frames: [...frames, systemFrame('closing', closeReasons[why])] };
  },

  shutdown: (gracePeriodMs) => systemFrame('shutdown', { gracePeriodMs }),

  greeting({ app, clock }) {
    const requiresAuth = app.auth !== undefined && app.auth.required !== false;
    return JSON.stringify({ type: 'welcome', version: '1.0.0', serverTime: clock.now(), requiresAuth });
  },
};

/** Records may be deeply nested, and are inside a message. */
const deepest = 200;

/** Whether a frame is a request of this dialect, on paths that name none. */
export function isRequest(text: string): boolean {
  try {
    return isFiniteNumber(messageIn(text).id);
  } catch {
    return false;
  }
}

function messageIn(text: string): Record<string, unknown> {
  const message = parseJson(text, Number.POSITIVE_INFINITY);
  if (!isObject(message)) throw new Failure('not_json', 'A message is a JSON object.');
  return message;
}

const isFiniteNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);

function malformed(field: string, right: string): Failure {
  return new Failure('malformed_message', `The field ${field} must be ${right}.`);
}

function wordOf(code: Code): string {
  const word = Object.hasOwn(ownWords, code) ? Reflect.get(ownWords, code) : undefined;
  return typeof word === 'string' ? word : spelling[errors[code].kind];
}

/** The message of a bug is only in the log, under the request id. Too many frames are reported as too many requests. */
function messageOf(failure: Failure, situation: Situation | undefined): string {
  const waitMs = waitIn(failure);
  if (waitMs !== undefined && failure.code === 'rate_limit_exceeded')
    return `Rate limit exceeded. Retry after ${waitMs}ms`;
  if (errors[failure.code].kind !== 'internal' || !situation) return failure.message;
  return `${failure.message} (request ${situation.requestId})`;
}

function detailsOf(failure: Failure): unknown {
  const { code, details } = failure;
  // Errors of the message's form are only described in words.
  if (code === 'unacceptable_request') return undefined;
  if (code === 'unacceptable_record') return details.issues;
  const { retryAfterSeconds: _, totalHits: __, ...rest } = details;
  const waitMs = waitIn(failure);
  const shown = waitMs === undefined ? rest : { ...rest, retryAfterMs: waitMs };
  if (code === 'service_unavailable' && !('retryAfterMs' in shown)) return { ...shown, retryAfterMs: busyForMs };
  return Object.keys(shown).length === 0 ? undefined : shown;
}

/** How many milliseconds the client should wait, from the refusal's seconds. */
function waitIn({ details: { retryAfterSeconds } }: Failure): number | undefined {
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : undefined;
}

/** After which time a client may retry when the table was busy. */
const busyForMs = 1_000;

const ownWords = {
  not_json: 'PARSE_ERROR',
  malformed_message: 'INVALID_REQUEST',
  unknown_message: 'UNKNOWN_OPERATION',
  already_exists: 'ALREADY_EXISTS',
  bucket_not_defined: 'BUCKET_NOT_DEFINED',
  query_not_defined: 'QUERY_NOT_DEFINED',
  session_revoked: 'SESSION_REVOKED',
  rules_not_available: 'RULES_NOT_AVAILABLE',
} as const satisfies Partial<Record<Code, string>>;

const spelling = {
  invalid: 'VALIDATION_ERROR',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  missing: 'NOT_FOUND',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  rate_limited: 'RATE_LIMITED',
  unsupported: 'UNKNOWN_OPERATION',
  unavailable: 'BACKPRESSURE',
  internal: 'INTERNAL_ERROR',
} as const satisfies Record<ErrorKind, string>;
