import type { Frame } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import { claimGreeting, findConnection, noteGreeted } from '../core/connection-store.ts';
import { closingReason, isPassingTrouble } from '../core/errors.ts';
import { failureOf } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';
import { openingOf } from './openings.ts';

/**
 * The server's first frames on a socket. They are sent by the first handler that runs: the lane, to which `$connect`
 * has sent a request, or the handler of a frame from a client that did not wait. One of them claims the greeting in the
 * connection's row; the others wait until it is sent. An abandoned claim passes to the next handler, because a greeting
 * twice is better than none.
 */

/** Longer than a post takes with all its retries. */
const claimHoldsMs = 2_000;
const lookEveryMs = 20;
/** The gateway knows a connection only once its `$connect` has been answered. */
const longestOpeningMs = 5_000;

/**
 * What the handler knows of the connection. While it is `connecting`, the gateway may not know it yet, so posts wait
 * for it. A client that sent a `frame` was connected, so posts do not wait. After the lane's own `greeting` did not
 * find it either, it is gone for good, so that its remaining frames in the lane need no further greeting.
 */
export type Since = 'connecting' | 'frame' | 'greeting';

/** Whether the server speaks first. */
export const greets = (dialect: Dialect): boolean =>
  dialect.greeting !== undefined || openingOf(dialect.name) !== undefined;

/**
 * @param frame the delivery; a repeat of it continues with its own claim
 * @throws only temporary failures
 */
export async function greet(
  ports: Ports,
  dialect: Dialect,
  connection: Connection,
  frame: Frame,
  since: Since,
): Promise<void> {
  if (!greets(dialect) || connection.greeted) return;
  if (connection.isTurnedAway) return turnAway(ports, dialect, connection, since);
  for (;;) {
    const now = ports.clock.now();
    const claim = { by: frame.requestId, now, abandonedBefore: now - claimHoldsMs };
    const claimed = await claimGreeting(ports, connection.id, claim);
    if (claimed === 'ours') {
      const isHeard = await begin(ports, dialect, connection, frame, since);
      if (isHeard || since === 'greeting') await noteGreeted(ports, connection.id);
      return;
    }
    if (claimed === 'gone') return;
    await ports.clock.wait(lookEveryMs);
    const current = await findConnection(ports, connection.id);
    if (!current || current.greeted) return;
  }
}

/** Tells a client that its IP address has too many sockets, instead of the greeting. Doing so twice does no harm. */
async function turnAway(ports: Ports, dialect: Dialect, connection: Connection, since: Since): Promise<void> {
  const say = speakerTo(ports, connection, since);
  const { frames, why } = dialect.ending?.('tooManyConnections') ?? { frames: [], why: 'tooManyConnections' };
  for (const frame of frames) await say(frame);
  await ports.gateway.close(connection.id, why);
}

/** @returns false when the socket is gone */
async function begin(
  ports: Ports,
  dialect: Dialect,
  connection: Connection,
  frame: Frame,
  since: Since,
): Promise<boolean> {
  const say = speakerTo(ports, connection, since);
  if (dialect.greeting) return say(dialect.greeting(ports, connection));
  const open = openingOf(dialect.name);
  try {
    return open === undefined || (await open(ports, { connection, frame, say }));
  } catch (thrown) {
    if (isPassingTrouble(thrown)) throw thrown;
    const failure = failureOf(thrown, ports, 'opening', frame.requestId);
    await say(dialect.refuse(failure, undefined));
    await ports.gateway.close(connection.id, closingReason(failure) ?? 'goingAway');
    return true;
  }
}

/**
 * Posts to a connection; false when it is gone. After the first successful post it no longer waits for the connection.
 */
function speakerTo({ gateway, clock }: Ports, { id }: Connection, since: Since): (frame: string) => Promise<boolean> {
  let patienceMs = since === 'connecting' ? longestOpeningMs : 0;
  return async (frame) => {
    for (let pauseMs = 10; ; pauseMs *= 2) {
      const { gone } = await gateway.post([id], frame);
      if (gone.length === 0) patienceMs = 0;
      if (gone.length === 0 || patienceMs <= 0) return gone.length === 0;
      await clock.wait(pauseMs);
      patienceMs -= pauseMs;
    }
  };
}
