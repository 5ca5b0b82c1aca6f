import { runtime } from '../adapters/runtime.ts';
import { makeHandler } from '../http/door.ts';
import type { HttpEvent } from '../http/event.ts';
import { documents } from './documents.ts';
import type { StartedJob } from './jobs.ts';
import { work } from './jobs.ts';

const door = makeHandler(runtime, documents);

/**
 * The documents function: its own routes of the HTTP API, calls by name that other functions pass on, and jobs that
 * they start.
 */
export async function handler(event: HttpEvent | StartedJob, context: Parameters<typeof door>[1]) {
  // Events from the gateway never have a job.
  return 'job' in event ? work(runtime(), event) : door(event, context);
}
