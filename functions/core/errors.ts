/**
 * The one catalogue of errors. A capability throws `new Failure(code, sentence)` for what its contract announces; each
 * dialect spells codes (CasualOS) or kinds (the others) its own way, and does not compile before it spells them all.
 */

/** What sort of trouble it is: the closed list that every dialect must have a word for. */
export type ErrorKind =
  /** The request can never succeed as it is. */
  | 'invalid'
  /** Nobody is signed in, or the credential does not hold. */
  | 'unauthenticated'
  /** Known caller, not allowed; only where the caller may know that the thing exists, else `missing`. */
  | 'forbidden'
  /** No such thing, as far as this caller may know. */
  | 'missing'
  /** Somebody else wrote first. Read again, then retry. */
  | 'conflict'
  /** Larger than the bound that the message names. */
  | 'too_large'
  /** Too often. Retry later. */
  | 'rate_limited'
  /** Switched off in this deployment; the message names the setting. */
  | 'unsupported'
  /** Passing trouble. Retry. */
  | 'unavailable'
  /** A bug: logged with its cause, answered without details. */
  | 'internal';

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** HTTP status in the families that use it. */
  readonly status: number;
  /** A socket whose frame is refused with it is ended, for that reason, once it has been told. */
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
  /** A record key's policy is none of the two. */
  invalid_policy: { kind: 'invalid', status: 400 },
  unacceptable_url: { kind: 'invalid', status: 400 },
  file_already_exists: { kind: 'invalid', status: 400 },
  /** A memory key's name that is empty, too long or reserved. */
  invalid_memory_key: { kind: 'invalid', status: 400 },
  /** Somebody has yet to sign in at the identity provider. Ask again. */
  not_completed: { kind: 'invalid', status: 400 },
  /** A display name that tells the real one. */
  invalid_display_name: { kind: 'invalid', status: 400 },
  /** Below the age of consent a parent has to be asked. */
  parent_email_required: { kind: 'invalid', status: 400 },
  email_already_exists: { kind: 'conflict', status: 400 },
  child_email_already_exists: { kind: 'conflict', status: 400 },
  parent_email_already_exists: { kind: 'conflict', status: 400 },
  session_is_not_revokable: { kind: 'invalid', status: 400 },
  unacceptable_connection_id: { kind: 'invalid', status: 400 },
  unacceptable_connection_token: { kind: 'invalid', status: 400 },
  /** The session behind a connection token does not hold, or the token was not made with it. */
  invalid_token: { kind: 'unauthenticated', status: 400, closes: 'signedOut' },
  /** A frame that is no JSON. */
  not_json: { kind: 'invalid', status: 400 },
  /** A frame that fits no operation of its dialect. */
  unknown_message: { kind: 'invalid', status: 400 },
  /** A frame that is JSON and yet no message of its dialect. */
  malformed_message: { kind: 'invalid', status: 400 },
  /** A record that its bucket's schema refuses, or a definition; `details.issues` lists all that is wrong. */
  unacceptable_record: { kind: 'invalid', status: 400 },
  /** A procedure, or the input of one: the details name all that is wrong. */
  unacceptable_procedure: { kind: 'invalid', status: 400 },
  /** More items than one transaction may touch; `details` tell both numbers. */
  transaction_too_large: { kind: 'invalid', status: 400 },
  /** Answered with 200: what the caller wanted is the case already. */
  session_already_revoked: { kind: 'conflict', status: 200 },
  not_logged_in: { kind: 'unauthenticated', status: 401 },
  /** All sessions of a user have been ended, this one among them. */
  session_revoked: { kind: 'unauthenticated', status: 401 },
  session_expired: { kind: 'unauthenticated', status: 401, closes: 'signedOut' },
  invalid_key: { kind: 'forbidden', status: 403 },
  invalid_record_key: { kind: 'forbidden', status: 403 },
  /** The name is taken, or it is the id of another user. */
  record_already_exists: { kind: 'forbidden', status: 403 },
  unauthorized_to_create_record_key: { kind: 'forbidden', status: 403 },
  /** The owner's subscription has no more room; `details.errorReason` says of what. */
  subscription_limit_reached: { kind: 'forbidden', status: 403 },
  invalid_code: { kind: 'forbidden', status: 403 },
  invalid_request: { kind: 'forbidden', status: 403 },
  invalid_origin: { kind: 'forbidden', status: 403 },
  user_is_banned: { kind: 'forbidden', status: 403, closes: 'signedOut' },
  not_authorized: { kind: 'forbidden', status: 403 },
  /** Nobody writes keys of this instance at present. */
  instance_readonly: { kind: 'forbidden', status: 403 },
  not_found: { kind: 'missing', status: 404 },
  operation_not_found: { kind: 'missing', status: 404 },
  /** A path that is known, and cannot be used this way; `details.allow` lists the ways. */
  method_not_allowed: { kind: 'invalid', status: 405 },
  session_not_found: { kind: 'missing', status: 404 },
  user_not_found: { kind: 'missing', status: 404 },
  record_not_found: { kind: 'missing', status: 404 },
  data_not_found: { kind: 'missing', status: 404 },
  file_not_found: { kind: 'missing', status: 404 },
  permission_not_found: { kind: 'missing', status: 404 },
  inst_not_found: { kind: 'missing', status: 404 },
  /** A stored message that a client names, and that is not there or not ours. */
  message_not_found: { kind: 'missing', status: 404 },
  bucket_not_defined: { kind: 'missing', status: 404 },
  query_not_defined: { kind: 'missing', status: 404 },
  conflict: { kind: 'conflict', status: 409 },
  /** A key, a unique value or a name is taken. */
  already_exists: { kind: 'conflict', status: 409 },
  /** There are as many as there may be; the message says of what. */
  limit_exceeded: { kind: 'conflict', status: 409 },
  too_large: { kind: 'too_large', status: 413 },
  /** A memory key's value, or its attributes, above the bound that the message names. */
  value_too_large: { kind: 'too_large', status: 413 },
  /** A branch has no more room. */
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
  /** The same, where clients take it for a failure of ours. */
  not_set_up: { kind: 'internal', status: 500 },
  address_type_not_supported: { kind: 'unsupported', status: 501 },
  /** The key of a provider of models is missing among the settings. */
  provider_not_configured: { kind: 'unsupported', status: 500 },
  /** A provider of models has failed, or refuses what it was asked; `details.details` says why. */
  provider_failed: { kind: 'unavailable', status: 500 },
  service_unavailable: { kind: 'unavailable', status: 503 },
  /** Broken off shortly before the function's own time was over. */
  took_too_long: { kind: 'unavailable', status: 504 },
} as const satisfies Record<string, ErrorEntry>;

export type Code = keyof typeof errors;

/** Why a socket whose frame is refused so is ended; undefined where it stays open. */
export function closingReason(failure: Pick<Failure, 'code'>): CloseReason | undefined {
  if (failure instanceof FinalFailure) return failure.ends;
  const entry: ErrorEntry = errors[failure.code];
  return entry.closes;
}

/** An announced refusal. `details` travel to the client beside code and message, so they hold no secret. */
export class Failure extends Error {
  readonly code: Code;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** A refusal after which there is nothing left to say: the socket is ended once it has been told. */
export class FinalFailure extends Failure {
  readonly ends: CloseReason;

  constructor({ code, message, details }: Failure, ends: CloseReason) {
    super(code, message, details);
    this.ends = ends;
  }
}

/**
 * Whether something thrown is passing trouble of what we depend on (a throttled table, a broken socket) that was still
 * there after retries: not the caller's fault, and worth another try later. Adapters mark it by `passing: true`.
 */
export function isPassingTrouble(thrown: unknown): boolean {
  return thrown instanceof Error && 'passing' in thrown && thrown.passing === true;
}

/**
 * Whether passing trouble was that others wrote the same items the whole time. Whoever reads them again may find them free.
 * Adapters mark it by `inTheWay: true`.
 */
export function isInTheWay(thrown: unknown): boolean {
  return thrown instanceof Error && 'inTheWay' in thrown && thrown.inTheWay === true;
}

/** Why we end a socket: WebSocket close codes and the reason sent along. */
export const closeReasons = {
  /** The credential was revoked or has expired: sign in again before reconnecting. */
  signedOut: { code: 4401, reason: 'Unauthorized' },
  /** Whatever else it says first, a client has to log in. */
  notLoggedIn: { code: 4400, reason: 'Log in first' },
  /** The caller may not be here at all: what they have no right to is all that this socket is for. */
  notAllowed: { code: 4403, reason: 'Forbidden' },
  /** All sessions behind it have ended, where clients know no other code: sign in again before reconnecting. */
  sessionRevoked: { code: 4002, reason: 'session_revoked' },
  /** It has not answered a ping. */
  heartbeatTimeout: { code: 4001, reason: 'heartbeat_timeout' },
  /** Its address has as many open as the application allows. */
  tooManyConnections: { code: 4003, reason: 'too_many_connections' },
  /** It has taken nothing of what it was sent for a minute. */
  tooSlow: { code: 1013, reason: 'Too slow' },
  /** What it was for is no more. */
  instanceDeleted: { code: 1000, reason: 'Instance deleted' },
  /** The server is going away: reconnect. */
  goingAway: { code: 1001, reason: 'Going away' },
} as const satisfies Record<string, { code: number; reason: string }>;

export type CloseReason = keyof typeof closeReasons;
