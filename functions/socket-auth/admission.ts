import type { App } from '../core/app.ts';
import type { Frame, SocketCaller } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import type { Operation } from '../core/contract.ts';
import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { hasRules } from '../rules/application.ts';
import { resourceOf } from '../store/permission-rules.ts';
import { refuseUnpermitted } from './permissions.ts';
import { takeTurn } from './request-rate.ts';
import { nobody, sessionOf } from './session.ts';

/** A request of which only the type was read. */
export interface Request {
  readonly connection: Connection;
  readonly frame: Frame;
  readonly type: string;
  readonly input: unknown;
  readonly correlation: unknown;
  /** Undefined: there is none of this type. */
  readonly operation: Operation | undefined;
}

/**
 * Authenticates and authorizes every noex request, in this order, before its parameters are validated. Callers who have
 * to sign in first do not even learn which operations exist. Requests refused here do not count for the rate limit.
 * @throws Failure `not_logged_in`, `unknown_message`, `rules_not_available`, `not_authorized`, `rate_limit_exceeded`
 */
export async function admit(ports: Ports, request: Request): Promise<SocketCaller> {
  const { connection, frame, type, input, correlation, operation } = request;
  const { auth } = ports.app;
  const session = sessionOf(ports, connection.identity);
  const isSigningIn = type.startsWith('auth.');
  if (auth && auth.required !== false && !session && !isSigningIn) {
    const sentence = connection.identity ? 'The session has expired: sign in again.' : 'Sign in first.';
    throw new Failure('not_logged_in', sentence);
  }
  if (!operation || !isOffered(ports.app, type)) {
    throw new Failure('unknown_message', `There is no operation ${JSON.stringify(type.slice(0, 64))}.`);
  }
  if (type.startsWith('rules.') && !hasRules(ports.app)) {
    throw new Failure('rules_not_available', 'The application has no rules.');
  }
  const identity = session && connection.identity;
  if (!isSigningIn) refuseUnpermitted(ports, identity, type, resourceOf(type, isObject(input) ? input : {}));
  await takeTurn(ports, session ?? nobody, connection.ip);
  return { identity, ip: connection.ip, connection: { ...connection, identity }, frame, correlation };
}

/** Sign-in exists only if the application configures it, and the audit log only if it is recorded. */
function isOffered({ auth, audit }: App, type: string): boolean {
  return (auth !== undefined || !type.startsWith('auth.')) && (audit !== undefined || !type.startsWith('audit.'));
}
