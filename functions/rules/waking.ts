import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { readBook } from './book.ts';
import { causedBy, causedByTimer } from './chain.ts';
import { work } from './engine.ts';
import { claimState, readState, writeState } from './pattern-store.ts';
import { type AbsenceBody, isBeingFired, placeOf } from './patterns-in-time.ts';
import { isOn } from './select.ts';
import { wake } from './temporal.ts';
import { afterFiring, timerTrigger } from './timer.ts';
import { claimTimer, findTimer, settleTimer } from './timer-store.ts';
import { remindOf, type TimerBody } from './timers.ts';

/**
 * Handles due timers and absences. A reminder may come twice, or for nothing. So the timer is claimed first, and
 * deleted only when the work is done. If a process dies in between, its claim expires, and another reminder continues.
 *
 *     claim, for longer than a function may take --> rules, event --> gone (or next round)
 *           |                                                            |
 *           +-- somebody else comes: comes again when the claim is over -+-- finds nothing
 */
const claimMs = 35_000;
/** A reminder is set before its timer is written, by functions that take no longer than this. */
const writtenByMs = 30_000;
const lookAgainMs = 1_000;

/** Job of the fan-out function. */
export async function timerIsDue(ports: Ports, body: TimerBody): Promise<void> {
  const { clock } = ports;
  const kept = await findTimer(ports, body.name);
  if (kept?.timer.id !== body.id || kept.timer.expiresAt !== body.expiresAt) return lookAgain(ports, 'timer', body);
  const { firingUntil = 0 } = kept;
  if (firingUntil > clock.now()) return comeBack(ports, 'timer', body, firingUntil);
  const mine = await claimTimer(ports, kept, clock.now() + claimMs);
  if (!mine) return timerIsDue(ports, body);
  const { timer } = mine;
  await work(ports, [
    { type: 'timer', timer: timerTrigger(timer), cause: causedByTimer(timer) },
    { type: 'timerEvent', timer },
  ]);
  const next = afterFiring(timer, clock.now());
  if (next) await remindOf(ports, next);
  await settleTimer(ports, mine, next);
}

/** Job of the fan-out function. */
export async function absenceIsDue(ports: Ports, body: AbsenceBody): Promise<void> {
  const { clock } = ports;
  const { rules, disabledGroups } = await readBook(ports);
  const booked = rules.find(({ rule }) => rule.id === body.ruleId);
  const pattern = booked?.rule.trigger.type === 'temporal' ? booked.rule.trigger.pattern : undefined;
  if (!booked || pattern?.type !== 'absence') return;
  const place = placeOf(booked, body.group);
  const before = await readState(ports, place);
  const { state } = before;
  if (state?.type !== 'absence' || state.endsAt !== body.endsAt) return lookAgain(ports, 'absence', body);
  if (isBeingFired(ports, before)) return comeBack(ports, 'absence', body, before.firingUntil ?? 0);
  const mine = await claimState(ports, place, before, clock.now() + claimMs);
  if (!mine) return absenceIsDue(ports, body);
  if (isOn(booked.rule, disabledGroups)) {
    const { firings } = wake(pattern, state, Math.max(clock.now(), state.endsAt));
    await work(
      ports,
      firings.map(({ event, matched }) => ({
        type: 'rule',
        ruleId: body.ruleId,
        trigger: { type: 'event', event },
        matched,
        cause: causedBy(event, 0),
      })),
    );
  }
  await writeState(ports, place, mine, undefined);
}

/** The timer does not exist: it was already handled, or is being written. */
async function lookAgain(ports: Ports, kind: string, body: TimerBody | AbsenceBody): Promise<void> {
  const ageMs = ports.clock.now() - body.setAt;
  if (ageMs < writtenByMs) await comeBack(ports, kind, body, ports.clock.now() + Math.max(lookAgainMs, ageMs));
}

async function comeBack(ports: Ports, kind: string, body: TimerBody | AbsenceBody, at: number): Promise<void> {
  await ports.reminders.set({ kind, at: branded<EpochMs>(at), body });
}
