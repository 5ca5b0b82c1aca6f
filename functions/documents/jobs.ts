import type { Ports } from '../core/ports.ts';

/** What our other functions start here, by the `job` of the event. Each may run twice. */
const jobs: Readonly<Record<string, (ports: Ports, event: StartedJob) => Promise<unknown>>> = {};

export interface StartedJob {
  readonly job: string;
}

/** @throws Error for a job that is none: nobody but our own functions starts any */
export async function work(ports: Ports, event: StartedJob): Promise<unknown> {
  const run = Object.hasOwn(jobs, event.job) ? jobs[event.job] : undefined;
  if (!run)
    throw new Error(`There is no job ${JSON.stringify(event.job)}; there are: ${Object.keys(jobs).join(', ')}.`);
  return run(ports, event);
}
