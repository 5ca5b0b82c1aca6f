import type { Job, Ports } from '../../functions/core/ports.ts';
import { work } from '../../functions/fanout/work.ts';

/** Does what the fan-out function was asked to do, and what comes of it. */
export async function fanOutJobs({
  ports,
  fanOut,
}: {
  readonly ports: Ports;
  readonly fanOut: { readonly jobs: Job[] };
}): Promise<void> {
  for (let job = fanOut.jobs.shift(); job; job = fanOut.jobs.shift()) {
    await work(ports, JSON.stringify({ kind: job.kind, body: job.body }));
  }
}
