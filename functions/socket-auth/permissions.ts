import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { isAllowed } from '../store/permission-rules.ts';
import { nobody, sessionOf } from './session.ts';

/**
 * The only place that checks permissions over sockets: for every request, every operation inside a transaction, and
 * every bucket that a query reads.
 * @param operation as clients name it, e.g. `store.insert`
 * @param resource a bucket, a query, a topic, or `*`
 * @throws Failure `not_authorized`
 */
export function refuseUnpermitted(
  ports: Ports,
  identity: Identity | undefined,
  operation: string,
  resource: string,
): void {
  if (isPermitted(ports, identity, operation, resource)) return;
  throw new Failure('not_authorized', `The permissions of this session do not allow ${operation} on ${resource}.`);
}

export function isPermitted(
  ports: Ports,
  identity: Identity | undefined,
  operation: string,
  resource: string,
): boolean {
  const { permissions = {} } = ports.app.auth ?? {};
  return isAllowed(permissions, sessionOf(ports, identity) ?? nobody, operation, resource);
}
