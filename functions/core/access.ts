import type { Caller, Credential, SocketCaller } from './caller.ts';
import type { Access } from './contract.ts';
import { Failure } from './errors.ts';
import type { Settings } from './settings.ts';

/**
 * May this caller do this? The only place where an operation's {@link Access} is judged, whatever door the call came
 * through. Rights to a single thing (this record, that instance) are the capability's own question, asked after this.
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
  // Within instances the level that a caller has somewhere is bounded by what the key is good for.
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
 * The part of it that needs no input: whether somebody has to say who they are, and has.
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

/** The operation lets them in, or something else has judged them. */
const openTo: ReadonlySet<unknown> = new Set(['anyone', 'ownProof', 'login']);

/** Whether a credential stands for its owner wherever they may be; else it counts in instances only. */
export function countsEverywhere(credential: Credential): boolean {
  return credential.atMost === undefined && !(credential.kind === 'apiKey' && credential.reach);
}

function hasLoggedIn(caller: Caller | SocketCaller): boolean {
  return 'connection' in caller && caller.connection.login !== undefined;
}

function fieldOf(input: unknown, field: string): unknown {
  return typeof input === 'object' && input !== null ? Reflect.get(input, field) : undefined;
}
