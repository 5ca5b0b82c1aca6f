import { runtime } from '../adapters/runtime.ts';
import { workOff } from '../core/batch.ts';
import { connect } from './connect.ts';
import { follow } from './lane.ts';
import { receive } from './message.ts';
import { socketDoor } from './operations.ts';
import type { GatewayEvent, LaneRecord } from './socket-event.ts';
import { directEvent, laneEvent } from './socket-event.ts';

/**
 * Routes `$connect` and `$default`: frames that need no order and no function of their own, one invocation per frame.
 */
export async function handler(event: GatewayEvent) {
  const ports = runtime();
  if (event.requestContext.eventType === 'CONNECT') return connect(ports, event);
  await receive(ports, directEvent(event), socketDoor, { comesAgain: false });
  return { statusCode: 200 };
}

/** The lane: ordered frames, `$disconnect` and greetings. */
export async function lane(event: { readonly Records: readonly LaneRecord[] }) {
  const ports = runtime();
  return workOff(ports, event.Records, (record) => follow(ports, laneEvent(record), socketDoor));
}
