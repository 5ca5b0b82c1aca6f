import type { Connection } from '../core/connection.ts';
import { claimGreeting, findConnection, noteGreeted } from '../core/connection-store.ts';
import type { Ports } from '../core/ports.ts';
import type { Dialect } from '../wire/dialect.ts';

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

/** @param by the delivery that asks; the same one coming again takes its own claim up */
export async function greet(ports: Ports, dialect: Dialect, connection: Connection, by: string): Promise<void> {
  if (!dialect.greeting || connection.greeted) return;
  for (;;) {
    const now = ports.clock.now();
    const claimed = await claimGreeting(ports, connection.id, { by, now, abandonedBefore: now - claimHoldsMs });
    if (claimed === 'ours') {
      const isHeard = await postOnceOpen(ports, connection, dialect.greeting(ports, connection));
      if (isHeard) await noteGreeted(ports, connection.id);
      return;
    }
    if (claimed === 'gone') return;
    await ports.clock.wait(lookEveryMs);
    const current = await findConnection(ports, connection.id);
    if (!current || current.greeted) return;
  }
}

/** @returns false when the socket is gone */
async function postOnceOpen({ gateway, clock }: Ports, { id }: Connection, frame: string): Promise<boolean> {
  let pauseMs = 10;
  for (let waitedMs = 0; waitedMs < longestOpeningMs; pauseMs *= 2) {
    const { gone } = await gateway.post([id], frame);
    if (gone.length === 0) return true;
    await clock.wait(pauseMs);
    waitedMs += pauseMs;
  }
  return false;
}
