import type { Connection } from '../core/connection.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';
import { endSocket } from './end.ts';

/**
 * Frames that a client currently reads too slowly to receive, and must not miss: answers, because the client waits for each
 * of them, and notices that the server sends only once. The fan-out function posts them again, one after another for each
 * connection, so that a client that reads nothing does not occupy one handler per frame.
 */

/** The socket that a frame is owed to. */
export type OwedTo = Pick<Connection, 'id' | 'dialect'>;

/** Job of the fan-out function. */
export interface OwedBody {
  readonly connection: OwedTo;
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
  if (dialect.awaitsAnswers) await postOwed(ports, connection, frame);
  else await ports.gateway.post([connection.id], frame);
}

/** Posts a frame that the client must not miss. If the client is too slow now, the fan-out function posts it again. */
export async function postOwed(ports: Ports, { id, dialect }: OwedTo, frame: string): Promise<void> {
  const { slow = [] } = await ports.gateway.post([id], frame);
  if (slow.length > 0) await offerLater(ports, { connection: { id, dialect }, frame, since: ports.clock.now() });
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
