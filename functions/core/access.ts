import type { Caller, Credential, SocketCaller } from './caller.ts';
import type { Access } from './contract.ts';
import { Failure } from './errors.ts';
import type { Settings } from './settings.ts';

/**
 * May this caller call this operation? The only place that checks an operation's {@link Access}, for HTTP, sockets and
 * every dialect. The capability itself authorizes access to a single thing (this record, that instance) afterwards.
 * @throws Failure `not_logged_in`, `not_authorized`, `invalid_connection_state` or the refusal that the operation names
 */
export function permit(access: Access, caller: Caller, input: unknown, settings: Settings): void {
  requireCredential(access, caller, settings);
  const { identity } = caller;
  if (!identity) return;
  const { credential } = identity;
  if (!access.within && !countsEverywhere(credential)) {
    throw new Failure('not_authorized', 'This credential is good for one project or instance, and for nothing else.');
  }
  // Within instances the capability bounds the caller's level by the key's permission.
  if (
    credential.kind === 'apiKey' &&
    !access.within &&
    !(access.scope !== 'none' && credential.scopes.includes(access.scope))
  ) {
    const wanted = access.scope === 'none' ? 'a session' : `the scope ${access.scope}`;
    throw new Failure('not_authorized', `This API key is not good for that: it takes ${wanted}.`);
  }
  if (access.own) {
    const named = fieldOf(input, access.own.field);
    if (named !== undefined && named !== identity.userId && !access.own.roles.includes(identity.role)) {
      throw new Failure(access.own.refusal, `Only that user may do this, and ${access.own.field} names another one.`);
    }
  }
}

/**
 * The part of the check that needs no input: does the operation need a signed-in caller, and is this one signed in?
 * @throws Failure `not_logged_in` or `invalid_connection_state`
 */
export function requireCredential(access: Access, caller: Caller, settings: Settings): void {
  if (access.caller === 'login' && !hasLoggedIn(caller)) {
    throw new Failure('invalid_connection_state', 'Log in first: this connection has not said who it is.');
  }
  if (caller.identity || openTo.has(access.caller)) return;
  if (typeof access.caller === 'object' && settings.anonymous.has(access.caller.anonymousIn)) return;
  throw new Failure('not_logged_in', 'You have to be signed in for this; no credential was given.');
}

/** These operations admit every caller, or authenticate it by other means. */
const openTo: ReadonlySet<unknown> = new Set(['anyone', 'ownProof', 'login']);

/** Whether a credential acts for its owner everywhere; otherwise only operations within instances accept it. */
export function countsEverywhere(credential: Credential): boolean {
  return credential.atMost === undefined && !(credential.kind === 'apiKey' && credential.reach);
}

function hasLoggedIn(caller: Caller | SocketCaller): boolean {
  return 'connection' in caller && caller.connection.login !== undefined;
}

function fieldOf(input: unknown, field: string): unknown {
  return typeof input === 'object' && input !== null ? Reflect.get(input, field) : undefined;
}
