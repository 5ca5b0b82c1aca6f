import { endSocket } from '../connections/end.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { findSubscriber, noteHeard, type Subscriber, socketOf } from './subscribers.ts';

/**
 * A client that reads too slowly skips intermediate results, but must get the newest one. The server posts it again
 * with growing pauses, until the client takes it or its socket is closed.
 */

/** Job of the fan-out function. */
export interface SlowBody {
  readonly instance: string;
  readonly connection: ConnectionId;
  /** How often it was posted since. */
  readonly tries: number;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
const givenUpAfterMs = 60_000;

/** Handles a client that did not take its frames, except these answers. */
export async function keepUp(
  ports: Ports,
  instance: string,
  subscriber: Subscriber,
  heard: { readonly answered: ReadonlySet<string>; readonly seq: number },
): Promise<void> {
  const isFirst = subscriber.slowSince === undefined;
  const slowSince = subscriber.slowSince ?? ports.clock.now();
  if (isFirst || heard.answered.size > 0) await noteHeard(ports, instance, subscriber, { ...heard, slowSince });
  const connection = subscriber.member.connectionId;
  if (isFirst) await offerLater(ports, { instance, connection, tries: 0 });
}

/** @param lookAnew posts to all subscribers, including this one, what they have missed */
export async function offerAgain(
  ports: Ports,
  body: SlowBody,
  lookAnew: (instance: string) => Promise<void>,
): Promise<void> {
  const { instance, connection, tries } = body;
  await ports.clock.wait(Math.min(firstPauseMs * 2 ** tries, longestPauseMs));
  await lookAnew(instance);
  const subscriber = await findSubscriber(ports, instance, connection);
  if (subscriber?.slowSince === undefined) return;
  if (ports.clock.now() - subscriber.slowSince > givenUpAfterMs)
    await endSocket(ports, socketOf(subscriber), 'tooSlow');
  else await offerLater(ports, { ...body, tries: tries + 1 });
}

async function offerLater({ fanOut, ids }: Ports, body: SlowBody): Promise<void> {
  const group = `slow:${body.connection}:${body.instance}`;
  await fanOut.send([{ kind: 'query-slow', group, id: ids.uuid(), body }]);
}
