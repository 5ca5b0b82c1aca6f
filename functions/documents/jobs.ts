import type { Ports } from '../core/ports.ts';
import type { BridgeJobBody } from './bridge.ts';
import { bridge } from './bridge.ts';
import type { CompactionBody } from './compaction.ts';
import { compactBranch } from './compaction.ts';

/** Jobs that our other functions start, by kind with their bodies. They may be repeated. */
export interface JobBodies {
  /** A branch has many updates. */
  readonly compact: CompactionBody;
  /** Keys of an instance, or its document, have changed. */
  readonly bridge: BridgeJobBody;
}

/** The event that starts a job. */
export type StartedJob = { readonly [Kind in keyof JobBodies]: Started<Kind> }[keyof JobBodies];
type Started<Kind extends keyof JobBodies> = { readonly job: Kind } & JobBodies[Kind];

const jobs: { readonly [Kind in keyof JobBodies]: (ports: Ports, body: JobBodies[Kind]) => Promise<void> } = {
  compact: compactBranch,
  bridge,
};

/** Does one job, as the `Functions` port started it. @throws Error for an unknown job */
export async function work<Kind extends keyof JobBodies>(ports: Ports, event: Started<Kind>): Promise<void> {
  if (!Object.hasOwn(jobs, event.job)) throw new Error(`There is no job ${JSON.stringify(event.job)}.`);
  await jobs[event.job](ports, event);
}
