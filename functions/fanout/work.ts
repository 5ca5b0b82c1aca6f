import { unpackJob } from '../core/job-text.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports, Reminder } from '../core/ports.ts';
import type { JobBodies } from './jobs.ts';
import { jobs } from './jobs.ts';

/** Does one job that the `FanOut` or the `Reminders` port sent. */
export async function work<Kind extends keyof JobBodies>(ports: Ports, text: string): Promise<void> {
  // Only our own functions may send here, and the compiler checks what they send.
  const job = unpackJob(text) as { kind: Kind; body: JobBodies[Kind]; at?: EpochMs };
  const { kind, body, at } = job;
  if (at !== undefined && !(await isDue(ports, { kind, body, at }))) return;
  await jobs[kind](ports, body);
}

/** Does not wait longer than this for a reminder that is early. */
const longestWaitMs = 1_000;

/** Reminders may come early. @returns false if it was set again for later */
async function isDue({ clock, reminders }: Ports, reminder: Reminder): Promise<boolean> {
  const earlyMs = reminder.at - clock.now();
  if (earlyMs > longestWaitMs) {
    await reminders.set(reminder);
    return false;
  }
  if (earlyMs > 0) await clock.wait(earlyMs);
  return true;
}
