import { runtime } from '../adapters/runtime.ts';
import type { QueueRecord } from '../core/batch.ts';
import { workOff } from '../core/batch.ts';
import { work } from './work.ts';

/** The fan-out queue: posts to large channels, windows that end, sockets to close. It also handles reminders. */
export async function handler(event: { readonly Records: readonly QueueRecord[] }) {
  const ports = runtime();
  return workOff(ports, event.Records, (record) => work(ports, record.body));
}
