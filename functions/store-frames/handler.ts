import { runtime } from '../adapters/runtime.ts';
import { receive } from '../connections/message.ts';
import type { GatewayEvent } from '../connections/socket-event.ts';
import { directEvent } from '../connections/socket-event.ts';
import { storeDoor } from './door.ts';

/** Frames whose type names something of the store: the gateway's routes bring them here, whatever socket they come from. */
export async function handler(event: GatewayEvent) {
  await receive(runtime(), directEvent(event), storeDoor, { comesAgain: false });
  return { statusCode: 200 };
}
