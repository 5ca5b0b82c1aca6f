import { identify } from '../auth/credentials.ts';
import { lasting } from '../auth/identity.ts';
import { ExpiredToken } from '../auth/jwt.ts';
import { branded } from '../core/branded.ts';
import type { Frame, Identity, SocketCaller } from '../core/caller.ts';
import { findMember } from '../core/channel/members.ts';
import type { Connection } from '../core/connection.ts';
import { replaceIdentity } from '../core/connection-store.ts';
import { Failure, FinalFailure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

import type { Level } from '../projects/level.ts';
import { findInstance, levelOn } from '../projects/reach.ts';
import { channelOf } from './channel.ts';
import { authSuccess } from './frames.ts';
import { instanceOn } from './path.ts';
import { sync } from './syncing.ts';

/** How long a socket may stay open without authenticating. */
const strangersStayMs = 10_000;

/** A socket that is open, or about to be. */
interface Fresh {
  readonly connection: Connection;
  readonly frame: Frame;
  /** Posts a frame once the socket is open. @returns false when the socket is gone */
  say(frame: string): Promise<boolean>;
}

/**
 * Greets a connection with its user and permission, and sends the keys. For one without a credential, a reminder checks
 * later whether it has authenticated.
 * @returns false when the socket is gone
 */
export async function open(ports: Ports, fresh: Fresh): Promise<boolean> {
  const { connection } = fresh;
  if (connection.identity) return begin(ports, fresh, connection.identity);
  const at = branded<EpochMs>(ports.clock.now() + strangersStayMs);
  await ports.reminders.set({ kind: 'memory-stranger', at, body: { connection: connection.id } });
  return true;
}

/** Authenticates a connection. @throws FinalFailure for a credential that does not open this instance */
export async function authenticate(ports: Ports, caller: SocketCaller, credential: string): Promise<void> {
  const { connection, frame } = caller;
  try {
    const identity = await identify(ports, credential);
    if (!identity) throw new Failure('invalid_key', 'Invalid API key');
    await levelHere(ports, connection, identity);
    const identified = await replaceIdentity(ports, connection.id, lasting(identity));
    if (!identified) return;
    const say = async (text: string) => (await ports.gateway.post([connection.id], text)).gone.length === 0;
    await begin(ports, { connection: identified, frame, say }, identity);
  } catch (thrown) {
    if (thrown instanceof ExpiredToken) {
      throw new FinalFailure(new Failure('session_expired', thrown.message), 'notAllowed');
    }
    throw thrown instanceof Failure ? new FinalFailure(thrown, 'notAllowed') : thrown;
  }
}

async function begin(ports: Ports, { connection, frame, say }: Fresh, identity: Identity): Promise<boolean> {
  const channel = channelOf(instanceOn(connection));
  const [{ instanceId, level }, before] = await Promise.all([
    levelHere(ports, connection, identity),
    findMember(ports, channel, connection.id),
  ]);
  const permission = level === 'owner' ? 'admin' : level;
  if (!(await say(authSuccess(instanceId, identity.userId, permission)))) return false;
  return sync(ports, { connection, frame, instanceId, ...(before ? { again: connection.connectedAt } : {}) }, say);
}

/** @throws Failure `not_found`; `not_authorized` for users who may not read the instance */
async function levelHere(
  ports: Ports,
  connection: Connection,
  identity: Identity,
): Promise<{ readonly instanceId: string; readonly level: Level }> {
  const instanceId = instanceOn(connection);
  const instance = await findInstance(ports, instanceId);
  if (!instance) throw new Failure('not_found', 'Instance not found');
  const level = await levelOn(ports, identity, instance);
  if (!level) throw new Failure('not_authorized', 'No access to this instance');
  return { instanceId, level };
}
