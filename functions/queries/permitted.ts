import type { Identity } from '../core/caller.ts';
import { isSameJson } from '../core/canonical.ts';
import { introduce } from '../core/channel/members.ts';
import { findConnection } from '../core/connection-store.ts';
import type { Ports } from '../core/ports.ts';
import { isPermitted } from '../socket-auth/permissions.ts';
import { sessionOf } from '../socket-auth/session.ts';
import { type Asked, askingOf, channelOf, instanceOf } from './asked.ts';
import { aboutOf, type Subscriber } from './subscribers.ts';

/**
 * Whether a subscriber may (still) see the result of a query: this needs permission for the query and every bucket that
 * it reads.
 */
export function mayHear(
  ports: Ports,
  asked: Asked,
  buckets: ReadonlySet<string>,
  identity: Identity | undefined,
): boolean {
  const { auth } = ports.app;
  if (auth && auth.required !== false && !sessionOf(ports, identity)) return false;
  if (asked.session && !isSameJson(asked.session, askingOf(ports, identity))) return false;
  if (!isPermitted(ports, identity, 'store.subscribe', asked.query)) return false;
  return [...buckets].every((bucket) => isPermitted(ports, identity, 'store.where', bucket));
}

/** The same by the current sign-in: a subscriber without permission in the noted one may have signed in again. */
export async function mayStillHear(
  ports: Ports,
  asked: Asked,
  buckets: ReadonlySet<string>,
  { member, identity }: Subscriber,
): Promise<boolean> {
  if (mayHear(ports, asked, buckets, identity)) return true;
  const connection = await findConnection(ports, member.connectionId);
  if (!connection || !mayHear(ports, asked, buckets, connection.identity)) return false;
  await introduce(ports, channelOf(instanceOf(asked)), connection.id, aboutOf(connection.identity));
  return true;
}
