/**
 * The catalogue of all errors. A capability throws `new Failure(code, sentence)` for errors that its contract declares.
 * Each dialect has its own spelling of codes (CasualOS) or kinds (the others), and compiles only if it has one for
 * each.
 */

/** Kinds of errors: a closed list, for which every dialect must have a spelling. */
export type ErrorKind =
  /** The request cannot succeed unless the client changes it. */
  | 'invalid'
  /** The caller is not signed in, or the credential is invalid. */
  | 'unauthenticated'
  /** The caller is not allowed. Only used if they may know that the thing exists; otherwise `missing`. */
  | 'forbidden'
  /** The thing does not exist, or this caller may not know of it. */
  | 'missing'
  /** Another writer was first. Read again, then retry. */
  | 'conflict'
  /** Larger than the bound that the message names. */
  | 'too_large'
  /** Too many requests. Retry later. */
  | 'rate_limited'
  /** Switched off in this deployment; the message names the setting. */
  | 'unsupported'
  /** A temporary failure. Retry. */
  | 'unavailable'
  /** A bug: logged with its cause, answered without details. */
  | 'internal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** HTTP status in the families that use it. */
  readonly status: number;
  /** The server answers a frame with this error, and then closes the socket for this reason. */
  readonly closes?: CloseReason;
}

export const errors = {
  unacceptable_request: { kind: 'invalid', status: 400 },
  unacceptable_address: { kind: 'invalid', status: 400 },
  unacceptable_user_id: { kind: 'invalid', status: 400 },
  unacceptable_request_id: { kind: 'invalid', status: 400 },
  unacceptable_code: { kind: 'invalid', status: 400 },
  unacceptable_session_id: { kind: 'invalid', status: 400 },
  unacceptable_session_key: { kind: 'invalid', status: 400 },
  /** A record key's policy is neither of the two. */
  invalid_policy: { kind: 'invalid', status: 400 },
  unacceptable_url: { kind: 'invalid', status: 400 },
  file_already_exists: { kind: 'invalid', status: 400 },
  /** A memory key's name that is empty, too long or reserved. */
  invalid_memory_key: { kind: 'invalid', status: 400 },
  /** The user has not yet signed in at the identity provider. Ask again. */
  not_completed: { kind: 'invalid', status: 400 },
  /** A display name that contains the real one. */
  invalid_display_name: { kind: 'invalid', status: 400 },
  /** A child below the age of consent needs a parent's address. */
  parent_email_required: { kind: 'invalid', status: 400 },
  email_already_exists: { kind: 'conflict', status: 400 },
  child_email_already_exists: { kind: 'conflict', status: 400 },
  parent_email_already_exists: { kind: 'conflict', status: 400 },
  session_is_not_revokable: { kind: 'invalid', status: 400 },
  unacceptable_connection_id: { kind: 'invalid', status: 400 },
  unacceptable_connection_token: { kind: 'invalid', status: 400 },
  /** The session of a connection token is not valid, or did not sign the token. */
  invalid_token: { kind: 'unauthenticated', status: 400, closes: 'signedOut' },
  /** A frame that is no JSON. */
  not_json: { kind: 'invalid', status: 400 },
  /** A frame whose type is no operation of its dialect. */
  unknown_message: { kind: 'invalid', status: 400 },
  /** A frame that is JSON but no message of its dialect. */
  malformed_message: { kind: 'invalid', status: 400 },
  /** A record that its bucket's schema refuses, or a definition; `details.issues` lists all that is wrong. */
  unacceptable_record: { kind: 'invalid', status: 400 },
  /** A procedure or its input is invalid; the details list all errors. */
  unacceptable_procedure: { kind: 'invalid', status: 400 },
  /** More items than one transaction may touch; `details` tell both numbers. */
  transaction_too_large: { kind: 'invalid', status: 400 },
  /** Answered with 200, because the session is already revoked, as the caller wanted. */
  session_already_revoked: { kind: 'conflict', status: 200 },
  not_logged_in: { kind: 'unauthenticated', status: 401 },
  /** All sessions of the user were revoked, including this one. */
  session_revoked: { kind: 'unauthenticated', status: 401 },
  session_expired: { kind: 'unauthenticated', status: 401, closes: 'signedOut' },
  invalid_key: { kind: 'forbidden', status: 403 },
  invalid_record_key: { kind: 'forbidden', status: 403 },
  /** The name is taken, or it is the id of another user. */
  record_already_exists: { kind: 'forbidden', status: 403 },
  unauthorized_to_create_record_key: { kind: 'forbidden', status: 403 },
  /** A limit of the owner's subscription is reached; `details.errorReason` names it. */
  subscription_limit_reached: { kind: 'forbidden', status: 403 },
  invalid_code: { kind: 'forbidden', status: 403 },
  invalid_request: { kind: 'forbidden', status: 403 },
  invalid_origin: { kind: 'forbidden', status: 403 },
  user_is_banned: { kind: 'forbidden', status: 403, closes: 'signedOut' },
  not_authorized: { kind: 'forbidden', status: 403 },
  /** The instance is read-only. */
  instance_readonly: { kind: 'forbidden', status: 403 },
  not_found: { kind: 'missing', status: 404 },
  operation_not_found: { kind: 'missing', status: 404 },
  /** The path exists, but not with this method; `details.allow` lists the methods. */
  method_not_allowed: { kind: 'invalid', status: 405 },
  session_not_found: { kind: 'missing', status: 404 },
  user_not_found: { kind: 'missing', status: 404 },
  record_not_found: { kind: 'missing', status: 404 },
  data_not_found: { kind: 'missing', status: 404 },
  file_not_found: { kind: 'missing', status: 404 },
  permission_not_found: { kind: 'missing', status: 404 },
  inst_not_found: { kind: 'missing', status: 404 },
  /** A client names a stored message that does not exist or is not in our bucket. */
  message_not_found: { kind: 'missing', status: 404 },
  bucket_not_defined: { kind: 'missing', status: 404 },
  query_not_defined: { kind: 'missing', status: 404 },
  conflict: { kind: 'conflict', status: 409 },
  /** A key, a unique value or a name is taken. */
  already_exists: { kind: 'conflict', status: 409 },
  /** The maximum number is reached; the message says of what. */
  limit_exceeded: { kind: 'conflict', status: 409 },
  too_large: { kind: 'too_large', status: 413 },
  /** A memory key's value, or its attributes, above the bound that the message names. */
  value_too_large: { kind: 'too_large', status: 413 },
  /** The branch has reached its maximum size. */
  max_size_reached: { kind: 'too_large', status: 400 },
  rate_limit_exceeded: { kind: 'rate_limited', status: 429 },
  server_error: { kind: 'internal', status: 500 },
  /** A frame from a socket that has not logged in. */
  invalid_connection_state: { kind: 'unauthenticated', status: 500, closes: 'notLoggedIn' },
  not_supported: { kind: 'unsupported', status: 501 },
  /** The application declares no rules. */
  rules_not_available: { kind: 'unsupported', status: 501 },
  /** A setting that the operation needs is missing; the message names it. */
  not_configured: { kind: 'unsupported', status: 501 },
  /** The same, for clients that expect it as a server error. */
  not_set_up: { kind: 'internal', status: 500 },
  address_type_not_supported: { kind: 'unsupported', status: 501 },
  /** The setting with the AI provider's key is missing. */
  provider_not_configured: { kind: 'unsupported', status: 500 },
  /** The AI provider failed or refused the request; `details.details` says why. */
  provider_failed: { kind: 'unavailable', status: 500 },
  service_unavailable: { kind: 'unavailable', status: 503 },
  /** Aborted shortly before the function's own time limit. */
  took_too_long: { kind: 'unavailable', status: 504 },
} as const satisfies Record<string, ErrorEntry>;

export type Code = keyof typeof errors;

/** Why the server closes a socket after this refusal; undefined if the socket stays open. */
export function closingReason(failure: Pick<Failure, 'code'>): CloseReason | undefined {
  if (failure instanceof FinalFailure) return failure.ends;
  const entry: ErrorEntry = errors[failure.code];
  return entry.closes;
}

/**
 * A refusal that the contract declares. `details` go to the client with code and message, so they must hold no secret.
 */
export class Failure extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** A refusal after which the server closes the socket. */
export class FinalFailure extends Failure {
  readonly ends: CloseReason;

  constructor({ code, message, details }: Failure, ends: CloseReason) {
    super(code, message, details);
    this.ends = ends;
  }
}

/**
 * Whether the error is a temporary failure of a dependency (a throttled table, a broken socket) that outlasted the
 * retries. It is not the caller's fault, and the caller may try again later. Adapters mark it with `passing: true`.
 */
export function isPassingTrouble(thrown: unknown): boolean {
  return thrown instanceof Error && 'passing' in thrown && thrown.passing === true;
}

/**
 * Whether the temporary failure was that others kept writing the same items. A handler that reads them again may
 * succeed. Adapters mark it with `inTheWay: true`.
 */
export function isInTheWay(thrown: unknown): boolean {
  return thrown instanceof Error && 'inTheWay' in thrown && thrown.inTheWay === true;
}

/** Why the server closes a socket: WebSocket close codes with their reasons. */
export const closeReasons = {
  /** The credential was revoked or has expired: sign in again before reconnecting. */
  signedOut: { code: 4401, reason: 'Unauthorized' },
  /** The client sent another message before its login. */
  notLoggedIn: { code: 4400, reason: 'Log in first' },
  /** The caller has no access to what this socket is for. */
  notAllowed: { code: 4403, reason: 'Forbidden' },
  /** All sessions of its user were revoked; for clients that know no other code. Sign in again before reconnecting. */
  sessionRevoked: { code: 4002, reason: 'session_revoked' },
  /** The client did not answer a ping. */
  heartbeatTimeout: { code: 4001, reason: 'heartbeat_timeout' },
  /** Its IP address has as many sockets open as the application allows. */
  tooManyConnections: { code: 4003, reason: 'too_many_connections' },
  /** The client has read nothing for a minute. */
  tooSlow: { code: 1013, reason: 'Too slow' },
  /** The socket's instance was deleted. */
  instanceDeleted: { code: 1000, reason: 'Instance deleted' },
  /** The server is going away: reconnect. */
  goingAway: { code: 1001, reason: 'Going away' },
} as const satisfies Record<string, { code: number; reason: string }>;

export type CloseReason = keyof typeof closeReasons;
