import { type Code, errors, Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { allowedHeaders, allowedMethods, type Family, preflightAgeSeconds, retryAfter } from './family.ts';
import { belongs } from './origins.ts';

/**
 * CasualOS over HTTP: always one JSON object, `{success: true, ...}` or `{success: false, errorCode, errorMessage,
 * ...}`. Only pages with listed origins may call.
 */
export const casualos: Family = {
  name: 'casualos',

  owns: (path) => paths.some((pattern) => pattern.test(path)),

  admit({ origin, method }, origins, settings) {
    if (origin === undefined) {
      // No browser attaches a bearer token by itself, so a request without an origin cannot be forged by a page.
      const isSafe = method === 'GET' || method === 'HEAD';
      if (settings.requireOrigin && !isSafe && origins !== true) throw strange();
      return;
    }
    if (!belongs(origin, origins, settings)) throw strange();
  },

  headersFor({ origin }, origins, settings) {
    const vary = { Vary: 'Origin' };
    if (origin === undefined || !belongs(origin, origins, settings)) return vary;
    return { ...vary, 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Headers': allowedHeaders };
  },

  preflight(page, settings) {
    casualos.admit(page, 'self', settings);
    const headers = { 'Access-Control-Allow-Methods': allowedMethods, 'Access-Control-Max-Age': preflightAgeSeconds };
    return { status: 204, headers };
  },

  unknown: () => new Failure('operation_not_found', 'There is no such operation.'),

  succeed: (output, status = 200) => ({ status, body: { success: true, ...(isObject(output) ? output : {}) } }),

  refuse(failure) {
    const errorCode = spelling[failure.code];
    const errorMessage = failure.code === 'not_json' ? mustBeJson : failure.message;
    return {
      status: errors[errorCode].status,
      headers: retryAfter(failure),
      body: { success: false, errorCode, errorMessage, ...failure.details },
    };
  },
};

/** The code as these clients know it. */
export const wordFor = (code: Code): Code => spelling[code];

const paths = [
  /^\/api\/v[23](\/|$)/,
  /^\/api\/config$/,
  /^\/api\/[^/]+\/metadata$/,
  /^\/api\/[^/]+\/subscription(\/|$)/,
  /^\/api\/stripeWebhook$/,
  /^\/instData$/,
];

const mustBeJson = 'The request was invalid. The body must be valid JSON and an object.';

function strange(): Failure {
  return new Failure('invalid_origin', 'The request must be made from an authorized origin.');
}

/** These clients' code for each of our errors; the status is that of their code. */
const spelling = {
  unacceptable_request: 'unacceptable_request',
  unacceptable_address: 'unacceptable_address',
  unacceptable_user_id: 'unacceptable_user_id',
  unacceptable_request_id: 'unacceptable_request_id',
  unacceptable_code: 'unacceptable_code',
  unacceptable_session_id: 'unacceptable_session_id',
  unacceptable_session_key: 'unacceptable_session_key',
  session_is_not_revokable: 'session_is_not_revokable',
  not_json: 'unacceptable_request',
  unknown_message: 'unacceptable_request',
  session_already_revoked: 'session_already_revoked',
  not_logged_in: 'not_logged_in',
  session_expired: 'session_expired',
  invalid_key: 'invalid_key',
  invalid_code: 'invalid_code',
  invalid_request: 'invalid_request',
  invalid_origin: 'invalid_origin',
  user_is_banned: 'user_is_banned',
  not_authorized: 'not_authorized',
  not_found: 'not_found',
  operation_not_found: 'operation_not_found',
  method_not_allowed: 'operation_not_found',
  session_not_found: 'session_not_found',
  user_not_found: 'user_not_found',
  record_not_found: 'record_not_found',
  data_not_found: 'data_not_found',
  file_not_found: 'file_not_found',
  permission_not_found: 'permission_not_found',
  invalid_record_key: 'invalid_record_key',
  record_already_exists: 'record_already_exists',
  unauthorized_to_create_record_key: 'unauthorized_to_create_record_key',
  subscription_limit_reached: 'subscription_limit_reached',
  invalid_policy: 'invalid_policy',
  unacceptable_url: 'unacceptable_url',
  file_already_exists: 'file_already_exists',
  not_completed: 'not_completed',
  invalid_display_name: 'invalid_display_name',
  parent_email_required: 'parent_email_required',
  email_already_exists: 'email_already_exists',
  child_email_already_exists: 'child_email_already_exists',
  parent_email_already_exists: 'parent_email_already_exists',
  unacceptable_connection_id: 'unacceptable_connection_id',
  unacceptable_connection_token: 'unacceptable_connection_token',
  invalid_token: 'invalid_token',
  invalid_connection_state: 'invalid_connection_state',
  inst_not_found: 'inst_not_found',
  message_not_found: 'message_not_found',
  value_too_large: 'unacceptable_request',
  invalid_memory_key: 'unacceptable_request',
  instance_readonly: 'not_authorized',
  max_size_reached: 'max_size_reached',
  malformed_message: 'unacceptable_request',
  unacceptable_record: 'unacceptable_request',
  unacceptable_procedure: 'unacceptable_request',
  transaction_too_large: 'unacceptable_request',
  bucket_not_defined: 'not_found',
  query_not_defined: 'not_found',
  already_exists: 'conflict',
  limit_exceeded: 'conflict',
  provider_failed: 'server_error',
  provider_not_configured: 'not_supported',
  session_revoked: 'invalid_key',
  rules_not_available: 'not_supported',
  conflict: 'conflict',
  too_large: 'unacceptable_request',
  rate_limit_exceeded: 'rate_limit_exceeded',
  server_error: 'server_error',
  not_supported: 'not_supported',
  not_configured: 'not_supported',
  not_set_up: 'not_supported',
  address_type_not_supported: 'address_type_not_supported',
  service_unavailable: 'service_unavailable',
  took_too_long: 'took_too_long',
} as const satisfies Record<Code, Code>;
