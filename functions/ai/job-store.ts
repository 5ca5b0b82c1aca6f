import { branded } from '../core/branded.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Table } from '../core/table.ts';

/** An image that takes longer than a request may. */
export interface ImageJob {
  readonly instanceId: string;
  readonly status: 'processing' | 'done' | 'failed';
  /** Why it failed. */
  readonly error?: string;
  readonly startedAt: EpochMs;
}

const keptSeconds = 24 * 3600;

export async function putJob(table: Table, id: string, job: ImageJob): Promise<void> {
  await table.put({ ...keys.imageJob(id), ...job, ttl: Math.ceil(job.startedAt / 1000) + keptSeconds });
}

export async function readJob(table: Table, id: string): Promise<ImageJob | undefined> {
  const item = await table.get(keys.imageJob(id));
  if (!item) return undefined;
  const { instanceId, status, error, startedAt } = item;
  return {
    instanceId: String(instanceId),
    status: status as ImageJob['status'], // written here
    ...(typeof error === 'string' ? { error } : {}),
    startedAt: branded<EpochMs>(Number(startedAt)),
  };
}

/** How long a run holds its job. Jobs are delivered at least once, possibly to two runs at the same time. */
const heldMs = 100_000;

/** @returns 'held' while another run holds it */
export async function takeJob(table: Table, id: string, now: EpochMs): Promise<'taken' | 'held' | 'finished'> {
  const isFree = ex`status = ${'processing'} AND (attribute_not_exists(heldUntil) OR heldUntil < ${now})`;
  const taken = await table.update(keys.imageJob(id), ex`SET heldUntil = ${now + heldMs}`, { when: isFree });
  if (taken.ok) return 'taken';
  return (await readJob(table, id))?.status === 'processing' ? 'held' : 'finished';
}

/** Stores the result of a job. The first result stays. */
export async function finishJob(table: Table, id: string, error?: string): Promise<void> {
  const isOpen = { when: ex`status = ${'processing'}` };
  const change = error === undefined ? ex`SET status = ${'done'}` : ex`SET status = ${'failed'}, error = ${error}`;
  await table.update(keys.imageJob(id), change, isOpen);
}
