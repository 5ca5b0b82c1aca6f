import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { startedTimer, type Timer, type TimerSetting } from './timer.ts';
import { putTimer } from './timer-store.ts';

/** A reminder that a timer runs out. */
export interface TimerBody {
  readonly name: string;
  readonly id: string;
  readonly expiresAt: number;
  readonly setAt: number;
}

/** Starts a timer, replacing any other of its name. */
export async function startTimer(ports: Ports, setting: TimerSetting, correlationId?: string): Promise<void> {
  const timer = startedTimer(setting, ports.ids.uuid(), ports.clock.now(), correlationId);
  await remindOf(ports, timer);
  await putTimer(ports, timer);
}

/**
 * Called before the timer is written, so that a process that dies in between leaves a useless reminder rather than a
 * timer that never fires.
 */
export async function remindOf(ports: Ports, { name, id, expiresAt }: Timer): Promise<void> {
  const body: TimerBody = { name, id, expiresAt, setAt: ports.clock.now() };
  await ports.reminders.set({ kind: 'timer', at: branded<EpochMs>(expiresAt), body });
}
