import type { Connection } from '../core/connection.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';
import { endSocket } from './end.ts';

/**
 * Answers that a client reads too slowly to take just now, while it waits for each of them. They are offered again by the
 * fan-out function, one after the other for each connection: a client that reads nothing must not hold up a handler for
 * each frame that it sends.
 */

/** Job of the fan-out function. */
export interface OwedBody {
  readonly connection: Pick<Connection, 'id' | 'dialect'>;
  readonly frame: string;
  readonly since: EpochMs;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** A job ends well before its function does; who goes on is another one. */
const heldMs = 15_000;
const givenUpAfterMs = 60_000;

/** Posts an answer. Where its client waits for it, it is not lost because that is slow for a moment. */
export async function postAnswer(ports: Ports, dialect: Dialect, connection: Connection, frame: string): Promise<void> {
  const { slow = [] } = await ports.gateway.post([connection.id], frame);
  if (slow.length === 0 || !dialect.awaitsAnswers) return;
  const { id, dialect: name } = connection;
  await offerLater(ports, { connection: { id, dialect: name }, frame, since: ports.clock.now() });
}

/** Offers an answer until it is taken; who has taken nothing for a minute is told by the end of the socket. */
export async function offerAnswer(ports: Ports, body: OwedBody): Promise<void> {
  const { connection, frame, since } = body;
  const until = ports.clock.now() + heldMs;
  for (let pauseMs = firstPauseMs; ports.clock.now() <= until; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    await ports.clock.wait(pauseMs);
    const { slow = [] } = await ports.gateway.post([connection.id], frame);
    if (slow.length === 0) return;
    if (ports.clock.now() - since > givenUpAfterMs) return endSocket(ports, connection, 'tooSlow');
  }
  await offerLater(ports, body);
}

async function offerLater({ fanOut, ids }: Ports, body: OwedBody): Promise<void> {
  await fanOut.send([{ kind: 'owed-answer', group: `owed:${body.connection.id}`, id: ids.uuid(), body }]);
}
