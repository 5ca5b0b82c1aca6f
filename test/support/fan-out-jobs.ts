import type { Job, Ports } from '../../functions/core/ports.ts';
import { work } from '../../functions/fanout/work.ts';

/** Runs jobs of the fan-out function, and the jobs that these cause. */
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
