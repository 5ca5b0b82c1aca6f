import { runtime } from '../adapters/runtime.ts';
import { type QueueRecord, workOff } from '../core/batch.ts';
import { work } from './work.ts';

/** The webhooks function: tells addresses outside what happens in instances. Nobody else reaches there on their behalf. */
export async function handler(event: { readonly Records: readonly QueueRecord[] }) {
  const ports = runtime();
  return workOff(ports, event.Records, (record) => work(ports, record.body));
}
