import { createHash } from 'node:crypto';
import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TemporalPattern } from '../core/rule-definition.ts';
import { type BookedRule, patternName } from './book.ts';
import { durationMs } from './duration.ts';
import type { RuleEvent } from './event.ts';
import { groupOf } from './matchers.ts';
import { addEvent, eventsAfter, type KeptState, readState, writeState } from './pattern-store.ts';
import { observe, type TemporalState } from './temporal.ts';
import { type Firing, windowStart } from './windows.ts';

/**
 * Applies events to rules with temporal patterns. Events of one group are applied one after another, even from several
 * processes: a process with an outdated state reads it again and retries.
 */

/** Enough for twenty concurrent additions to one group. */
const mostTries = 100;
const longestPauseMs = 20;
/** An item may have 400 KB. */
const longestState = 350_000;

/** Applies an event to a rule's pattern. */
export async function see(
  ports: Ports,
  booked: BookedRule,
  pattern: TemporalPattern,
  event: RuleEvent,
): Promise<readonly Firing[]> {
  const group = groupOf(pattern, event);
  const place = placeOf(booked, group);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const seen =
      pattern.type === 'count' || pattern.type === 'aggregate'
        ? await seeInWindow(ports, place, pattern, event)
        : await seeInstance(ports, { ruleId: booked.rule.id, group, place }, pattern, event);
    if (seen) return seen;
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw new Failure('service_unavailable', 'Too many events of one group come at the same time. Try again shortly.');
}

/** Where the state of one group is kept. */
export function placeOf(booked: BookedRule, group: string): string {
  return createHash('sha256')
    .update(`${patternName(booked)} ${group}`)
    .digest('base64url');
}

/** @returns undefined after a concurrent change */
async function seeInWindow(
  ports: Ports,
  place: string,
  pattern: TemporalPattern & { readonly type: 'count' | 'aggregate' },
  event: RuleEvent,
): Promise<readonly Firing[] | undefined> {
  const before = await readState(ports, place);
  // Events may arrive slightly out of order: all that were added before this one count, even with later timestamps.
  const events = await eventsAfter(ports, place, windowStart(pattern, event));
  const { firings } = observe(pattern, { type: 'window', events }, event);
  const isAdded = await addEvent(ports, place, before, event, durationMs(pattern.window) ?? 0);
  return isAdded ? firings : undefined;
}

/** One instance of a rule's pattern: whose, and where it is kept. */
interface Instance {
  readonly ruleId: string;
  readonly group: string;
  readonly place: string;
}

/** @returns undefined after a concurrent change */
async function seeInstance(
  ports: Ports,
  instance: Instance,
  pattern: TemporalPattern & { readonly type: 'sequence' | 'absence' },
  event: RuleEvent,
): Promise<readonly Firing[] | undefined> {
  const before = await readState(ports, instance.place);
  const running = isBeingFired(ports, before) ? undefined : before.state;
  const { state, firings } = observe(pattern, running, event);
  if (state === running) return firings;
  const next = fitting(ports, instance, state);
  if (next?.type === 'absence') await awaitEnd(ports, instance, next.endsAt);
  return (await writeState(ports, instance.place, before, next)) ? firings : undefined;
}

/** Whether another process is already firing this absence. */
export function isBeingFired({ clock }: Ports, { firingUntil = 0 }: KeptState): boolean {
  return firingUntil > clock.now();
}

type Ending = TemporalState & { readonly endsAt: number };

/** A sequence whose events are too large to be kept together ends. */
function fitting({ log }: Ports, { ruleId }: Instance, state: TemporalState | undefined): Ending | undefined {
  if (!state || !('endsAt' in state)) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes <= longestState) return state;
  log.info('a sequence of events is too large and has ended', { rule: ruleId, bytes });
  return undefined;
}

/** A reminder that an absence is over. */
export interface AbsenceBody {
  readonly ruleId: string;
  readonly group: string;
  readonly endsAt: number;
  readonly setAt: number;
}

/**
 * Sets the reminder before the state is written, so that a process that dies in between only leaves a useless reminder.
 */
async function awaitEnd(ports: Ports, { ruleId, group }: Instance, endsAt: number): Promise<void> {
  const body: AbsenceBody = { ruleId, group, endsAt, setAt: ports.clock.now() };
  await ports.reminders.set({ kind: 'absence', at: branded<EpochMs>(endsAt), body });
}
