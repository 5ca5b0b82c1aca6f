import type { Frame } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import { claimGreeting, findConnection, noteGreeted } from '../core/connection-store.ts';
import { closingReason, isPassingTrouble } from '../core/errors.ts';
import { failureOf } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';
import { openingOf } from './openings.ts';

/**
 * What we say first is said by whoever comes first: the lane, where `$connect` asked for it, or the handler of a frame from
 * a client that did not wait. One of them claims it on the connection's row; the others wait until it is out. A claim that
 * was left alone goes to the next: better heard twice than never.
 */

/** Longer than a post takes with all its retries. */
const claimHoldsMs = 2_000;
const lookEveryMs = 20;
/** The gateway knows a connection only once its `$connect` has been answered. */
const longestOpeningMs = 5_000;

/**
 * What came last before this. While it was `connecting` it may not be there yet; who has sent a `frame` was there, and is not
 * waited for; and whom the lane's own `greeting` has not found either, before a frame in the lane, has gone for good: what it
 * sent before it went must not wait behind greetings that nobody hears.
 */
export type Since = 'connecting' | 'frame' | 'greeting';

/** Whether we speak first. */
export const greets = (dialect: Dialect): boolean =>
  dialect.greeting !== undefined || openingOf(dialect.name) !== undefined;

/**
 * @param frame the delivery that asks; the same one coming again takes its own claim up
 * @throws passing trouble only
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

/** Its address has too many sockets: it hears that instead of the greeting. Twice does no harm. */
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

/** Posts to a connection; false when it is gone. One that has heard something is there, and not waited for any more. */
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
