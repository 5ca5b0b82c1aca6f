import type { Ports } from '../core/ports.ts';
import type { CompactionBody } from './compaction.ts';
import { compactBranch } from './compaction.ts';

/** What our other functions start here, each kind of job with its body. Repeats are harmless. */
export interface JobBodies {
  /** A branch has gathered many updates. */
  readonly compact: CompactionBody;
}

/** The event that starts a job. */
export type StartedJob<Kind extends keyof JobBodies = keyof JobBodies> = { readonly job: Kind } & JobBodies[Kind];

const jobs: { readonly [Kind in keyof JobBodies]: (ports: Ports, body: JobBodies[Kind]) => Promise<void> } = {
  compact: compactBranch,
};

/** Does one job, as the `Functions` port started it. @throws Error for a job that is none */
export async function work(ports: Ports, event: StartedJob): Promise<void> {
  if (!Object.hasOwn(jobs, event.job)) throw new Error(`There is no job ${JSON.stringify(event.job)}.`);
  await jobs[event.job](ports, event);
}
