import { runtime } from '../adapters/runtime.ts';
import type { QueueRecord } from '../core/batch.ts';
import { workOff } from '../core/batch.ts';
import { makeHandler } from '../http/door.ts';
import { arrivalsIn, noteArrival } from './arrival.ts';
import { files } from './files.ts';

/** The files function: its own routes of the HTTP API, and calls by name that the light function passes on. */
export const handler = makeHandler(runtime, files);

/** Notifications of the files bucket about new objects. */
export async function arrivals(event: { readonly Records: readonly QueueRecord[] }) {
  const ports = runtime();
  return workOff(ports, event.Records, async ({ body }) => {
    for (const arrival of arrivalsIn(body)) await noteArrival(ports, arrival);
  });
}
