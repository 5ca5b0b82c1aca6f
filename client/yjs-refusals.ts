/** Who is refused with one of these is refused for good. */
const final = new Set([
  'not_authorized',
  'not_logged_in',
  'record_not_found',
  'inst_not_found',
  'unacceptable_request',
  'invalid_token',
  'session_expired',
  'user_is_banned',
]);
/** Unless they come with another token. */
const helpedByToken = new Set(['not_logged_in', 'invalid_token', 'session_expired']);

/** Whether there is no use in coming again. @param canRenew whether each attempt asks for a token of its own */
export function isFinal(code: string, canRenew: boolean): boolean {
  return final.has(code) && !(canRenew && helpedByToken.has(code));
}
