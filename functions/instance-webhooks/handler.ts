import { runtime } from '../adapters/runtime.ts';
import { type QueueRecord, workOff } from '../core/batch.ts';
import { work } from './work.ts';

/** The webhooks function: delivers changes in instances to outside URLs. No other function calls webhooks. */
export async function handler(event: { readonly Records: readonly QueueRecord[] }) {
  const ports = runtime();
  return workOff(ports, event.Records, (record) => work(ports, record.body));
}
