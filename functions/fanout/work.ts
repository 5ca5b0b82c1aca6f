import type { Ports } from '../core/ports.ts';
import type { JobBodies } from './jobs.ts';
import { jobs } from './jobs.ts';

/** Does one job, as the `FanOut` port sent it. */
export function work<Kind extends keyof JobBodies>(ports: Ports, text: string): Promise<void> {
  // Only our own functions may send here, and what they send is typed where it is made.
  const job = JSON.parse(text) as { kind: Kind; body: JobBodies[Kind] };
  return jobs[job.kind](ports, job.body);
}
