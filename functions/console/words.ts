import { RoomsError } from '../../client/errors.ts';

/** Error messages for people. If we have no better one, the server's own sentence is shown. */

/** The server refused the request. */
export class RefusedError extends Error {
  readonly code: string;
  /** NaN if the server gives no time. */
  readonly retryAfterSeconds: number;

  constructor(code: string, message: string, retryAfterSeconds = Number.NaN) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server could not be reached, or the answer is not from a Chorus server. */
export class Unreachable extends Error {}

const sentences: Readonly<Record<string, string>> = {
  invalid_code: 'That is not the code. Look again at the newest mail.',
  invalid_request: 'This code is no longer valid. Ask for a new one.',
  unacceptable_address: 'This e-mail address cannot be used here.',
  address_type_not_supported: 'Signing in by e-mail is not set up on this server.',
  user_is_banned: 'This account has been blocked.',
  invalid_origin: 'This server does not let people sign in from this address.',
  FORBIDDEN: 'Only people who have signed in may join rooms on this server.',
  RATE_LIMITED: 'That was too fast. Wait a moment, then try again.',
  PAYLOAD_TOO_LARGE: 'That is too long to send.',
  TIMED_OUT: 'The server did not answer. The message may not have been stored.',
  SERVER_ERROR: 'Something went wrong on the server. Try again.',
  server_error: 'Something went wrong on the server. Try again.',
};

export function inWords(trouble: unknown): string {
  if (trouble instanceof Unreachable) return 'The server cannot be reached. Check your connection, then try again.';
  if (trouble instanceof RefusedError && trouble.code === 'rate_limit_exceeded') {
    return `Too many codes were asked for. Try again ${inTime(trouble.retryAfterSeconds)}.`;
  }
  if (!(trouble instanceof RefusedError || trouble instanceof RoomsError)) {
    return 'Something went wrong. Reload the page, then try again.';
  }
  return sentences[trouble.code] ?? trouble.message;
}

function inTime(seconds: number): string {
  if (!(seconds > 0)) return 'later';
  return seconds < 100 ? `in ${Math.ceil(seconds)} seconds` : `in ${Math.ceil(seconds / 60)} minutes`;
}
