import type { Connection } from '../core/connection.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';
import { endSocket } from './end.ts';

/**
 * Answers that a client currently reads too slowly to receive, although it waits for each of them. The fan-out function
 * posts them again, one after another for each connection, so that a client that reads nothing does not occupy one
 * handler per frame.
 */

/** Job of the fan-out function. */
export interface OwedBody {
  readonly connection: Pick<Connection, 'id' | 'dialect'>;
  readonly frame: string;
  readonly since: EpochMs;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** A job ends well before its function's time limit; another job continues. */
const heldMs = 15_000;
const givenUpAfterMs = 60_000;

/** Posts an answer. In dialects whose clients wait for answers, it is posted again if the client is too slow now. */
export async function postAnswer(ports: Ports, dialect: Dialect, connection: Connection, frame: string): Promise<void> {
  const { slow = [] } = await ports.gateway.post([connection.id], frame);
  if (slow.length === 0 || !dialect.awaitsAnswers) return;
  const { id, dialect: name } = connection;
  await offerLater(ports, { connection: { id, dialect: name }, frame, since: ports.clock.now() });
}

/** Posts an answer until the client takes it. After a minute the socket is closed. */
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
