import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { LiveQuery } from './live-query-store.ts';
import type { RefreshBody } from './refresh-job.ts';

/**
 * Results also change when records expire, without a write. So a query is evaluated when the first record that it read
 * expires.
 * @returns when it will be evaluated next
 */
export async function wakeAt(
  { reminders, clock }: Ports,
  { id, wakesAt }: LiveQuery,
  expiresAt: number | undefined,
): Promise<number | undefined> {
  const isSet = wakesAt !== undefined && wakesAt > clock.now();
  if (expiresAt === undefined || (isSet && wakesAt <= expiresAt)) return wakesAt;
  const body: RefreshBody = { instance: id, marks: [] };
  await reminders.set({ kind: 'query', at: branded<EpochMs>(expiresAt), body });
  return expiresAt;
}
