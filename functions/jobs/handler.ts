import { runtime } from '../adapters/runtime.ts';
import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { announceShutdown } from './announce-shutdown.ts';
import { sweep } from './sweep.ts';

/** The jobs that schedules start, by the `job` of their input. */
const jobs: Readonly<Record<string, (ports: Ports, input: Scheduled) => Promise<unknown>>> = {
  sweep,
  'announce-shutdown': announceShutdown,
};

/** `nowMs` sets the job's clock: an operator can try what happens later. All other fields belong to the job. */
interface Scheduled {
  readonly job: string;
  readonly nowMs?: number;
  readonly gracePeriodMs?: number;
}

export async function handler(input: Scheduled) {
  const { job, nowMs } = input;
  const ports = runtime();
  const run = Object.hasOwn(jobs, job) ? jobs[job] : undefined;
  if (!run) throw new Error(`There is no job ${JSON.stringify(job)}; there are: ${Object.keys(jobs).join(', ')}.`);
  return run(nowMs === undefined ? ports : at(branded<EpochMs>(nowMs), ports), input);
}

/** The same ports at another time. Not copied, because each port is created on first use. */
function at(now: EpochMs, ports: Ports): Ports {
  return Object.create(ports, { clock: { value: { ...ports.clock, now: () => now }, enumerable: true } });
}
