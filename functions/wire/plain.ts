import { type Code, type ErrorKind, errors, Failure } from '../core/errors.ts';
import { allowedHeaders, type Family, preflightAgeSeconds, retryAfter } from './family.ts';

/**
 * All paths that no other family owns: results unchanged, errors as `{"error"}`, with `code`, `details` or `version` if
 * the failure has them; open to pages of every origin.
 */
export const plain: Family = {
  name: 'plain',
  owns: () => true,
  admit: () => undefined,
  headersFor: () => forPages,
  preflight: () => ({ status: 204, headers: { 'Access-Control-Max-Age': preflightAgeSeconds } }),

  unknown: () => new Failure('not_found', 'Not found'),
  succeed: (output, status = 200) => ({ status, body: output ?? {} }),
  refuse: (failure) => ({
    status: statusOf(failure.code),
    headers: retryAfter(failure),
    body: { error: sentences[failure.code] ?? failure.message, ...codeOf(failure.code), ...told(failure) },
  }),
  credentialFirst: true,
  namesDeveloper: true,
};

/** On every answer, because these clients always check them. */
const forPages = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': allowedHeaders,
};

/** Messages that these clients expect, word for word. */
const sentences: { readonly [C in Code]?: string } = {
  not_json: 'Invalid JSON body',
  not_logged_in: 'Authorization required',
  server_error: 'Internal server error',
};

/** Codes of refusals that programs cannot distinguish by status alone. */
const codes: { readonly [C in Code]?: string } = {
  limit_exceeded: 'LIMIT_EXCEEDED',
  invalid_memory_key: 'INVALID_KEY',
  value_too_large: 'VALUE_TOO_LARGE',
  instance_readonly: 'INSTANCE_READONLY',
};

function codeOf(code: Code): { readonly code?: string } {
  const text = codes[code];
  return text === undefined ? {} : { code: text };
}

/** The details of a failure that these clients read. */
function told({ details: { code, details, version } }: Failure): Readonly<Record<string, unknown>> {
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof details === 'string' ? { details } : {}),
    ...(typeof version === 'number' ? { version } : {}),
  };
}

/** In this family every invalid credential is 401. */
function statusOf(code: Code): number {
  if (credentialRefusals.has(code)) return 401;
  return providerFailures.has(code) ? 500 : statuses[errors[code].kind];
}

const credentialRefusals: ReadonlySet<Code> = new Set(['unacceptable_session_key', 'invalid_key', 'session_expired']);

/** Clients expect the same answer for all errors of AI providers. */
const providerFailures: ReadonlySet<Code> = new Set(['provider_not_configured', 'provider_failed']);

const statuses = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  unsupported: 501,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorKind, number>;
