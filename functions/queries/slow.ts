import { endSocket } from '../connections/end.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { findSubscriber, noteHeard, type Subscriber, socketOf } from './subscribers.ts';

/**
 * A client that takes nothing more is owed the newest result, whatever was between: it is offered again and again, with
 * longer and longer pauses, until it takes it or its socket is closed.
 */

/** Job of the fan-out function. */
export interface SlowBody {
  readonly instance: string;
  readonly connection: ConnectionId;
  /** How often it has been offered since. */
  readonly tries: number;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
const givenUpAfterMs = 60_000;

/** It did not take what it was sent, but for these answers. */
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

/** @param lookAnew tells all subscribers, this one among them, what they have not heard */
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
