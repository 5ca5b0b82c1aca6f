import type { Caller, SocketCaller } from './caller.ts';
import type { Access } from './contract.ts';
import { Failure } from './errors.ts';
import type { Settings } from './settings.ts';

/**
 * May this caller do this? The only place where an operation's {@link Access} is judged, whatever door the call came
 * through. Rights to a single thing (this record, that instance) are the capability's own question, asked after this.
 * @throws Failure `not_logged_in`, `not_authorized`, `invalid_connection_state` or the refusal that the operation names
 */
export function permit(access: Access, caller: Caller, input: unknown, settings: Settings): void {
  const { identity } = caller;
  if (access.caller === 'login' && !hasLoggedIn(caller)) {
    throw new Failure('invalid_connection_state', 'Log in first: this connection has not said who it is.');
  }
  if (!identity) {
    if (access.caller === 'anyone' || access.caller === 'login') return;
    if (access.caller !== 'user' && settings.anonymous.has(access.caller.anonymousIn)) return;
    throw new Failure('not_logged_in', 'You have to be signed in for this; no credential was given.');
  }
  const { credential } = identity;
  if (credential.kind === 'apiKey' && !(access.scope !== 'none' && credential.scopes.includes(access.scope))) {
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

function hasLoggedIn(caller: Caller | SocketCaller): boolean {
  return 'connection' in caller && caller.connection.login !== undefined;
}

function fieldOf(input: unknown, field: string): unknown {
  return typeof input === 'object' && input !== null ? Reflect.get(input, field) : undefined;
}
