/** Refusals after which reconnecting is useless. */
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
/** Except with a new token. */
const helpedByToken = new Set(['not_logged_in', 'invalid_token', 'session_expired']);

/** Whether reconnecting is useless. @param canRenew whether each attempt gets a new token */
export function isFinal(code: string, canRenew: boolean): boolean {
  return final.has(code) && !(canRenew && helpedByToken.has(code));
}
