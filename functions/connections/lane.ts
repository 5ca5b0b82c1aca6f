import { findConnection } from '../core/connection-store.ts';
import type { Ports } from '../core/ports.ts';
import { dialects } from '../wire/dialects.ts';
import type { Door } from './door.ts';
import { forget } from './forget.ts';
import { greet } from './greet.ts';
import { receive } from './message.ts';
import type { SocketEvent } from './socket-event.ts';

/** Processes one connection's messages in the lane, in order: its frames, its greeting, its disconnect. */
export async function follow(ports: Ports, event: SocketEvent, door: Door): Promise<void> {
  const { connectionId, frame } = event;
  if (event.kind === 'DISCONNECT') {
    await forget(ports, connectionId, { at: frame.at, by: `disconnect:${frame.requestId}` });
  } else if (event.kind === 'GREETING') {
    const connection = await findConnection(ports, connectionId);
    const dialect = dialects.find((one) => one.name === connection?.dialect);
    if (connection && dialect) await greet(ports, dialect, connection, frame, 'connecting');
  } else {
    await receive(ports, event, door);
  }
}
