import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { openInstance } from '../projects/reach.ts';
import { timedOut } from './image-making.ts';
import { readJob } from './job-store.ts';

/** A job that has not finished by then, including retries, has died. */
const longestMs = 10 * 60_000;

/** Reads a job's status, for callers who may read its instance. @throws Failure `not_found` */
export async function jobOf(ports: Ports, caller: Caller, jobId: string) {
  const job = await readJob(ports.table, jobId);
  if (!job || !(await mayRead(ports, caller, job.instanceId))) throw new Failure('not_found', 'Job not found');
  const { status, error, startedAt } = job;
  const isDead = status === 'processing' && ports.clock.now() - startedAt > longestMs;
  if (isDead) return { status: 'failed' as const, error: timedOut };
  return { status, ...(error === undefined ? {} : { error }) };
}

async function mayRead(ports: Ports, caller: Caller, instanceId: string): Promise<boolean> {
  try {
    await openInstance(ports, caller, instanceId, 'read');
    return true;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'not_found') return false;
    throw thrown;
  }
}
