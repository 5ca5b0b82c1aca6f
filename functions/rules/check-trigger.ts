import { own } from '../core/own.ts';
import { durationMs } from './duration.ts';
import type { Fields } from './event.ts';
import type { Issues } from './issues.ts';

const comparisons = ['gte', 'lte', 'eq'] as const;
const functions = ['sum', 'avg', 'min', 'max', 'count'] as const;

/** Checks a rule's trigger: an event, a fact, a timer, or a temporal pattern of events. */
export function checkTrigger(issues: Issues, raw: unknown): void {
  const trigger = issues.object(raw, 'trigger');
  if (!trigger) return;
  switch (issues.oneOf(trigger, 'type', 'trigger', ['event', 'fact', 'timer', 'temporal'])) {
    case 'event':
      issues.text(trigger, 'topic', 'trigger');
      break;
    case 'fact':
      issues.text(trigger, 'pattern', 'trigger');
      break;
    case 'timer':
      issues.text(trigger, 'name', 'trigger');
      break;
    case 'temporal':
      checkPattern(issues, trigger.pattern, 'trigger.pattern');
      break;
  }
}

function checkPattern(issues: Issues, raw: unknown, path: string): void {
  const pattern = issues.object(raw, path);
  if (!pattern) return;
  const type = issues.oneOf(pattern, 'type', path, ['sequence', 'absence', 'count', 'aggregate']);
  if (type === undefined) return;
  if (pattern.groupBy !== undefined) issues.text(pattern, 'groupBy', path);
  if (type === 'sequence') checkSequence(issues, pattern, path);
  else if (type === 'absence') checkAbsence(issues, pattern, path);
  else checkWindow(issues, pattern, path);
}

function checkAbsence(issues: Issues, pattern: Fields, path: string): void {
  checkMatcher(issues, pattern.after, `${path}.after`);
  checkMatcher(issues, pattern.expected, `${path}.expected`);
  checkDuration(issues, pattern, 'within', path);
}

/** Of what counts or aggregates. */
function checkWindow(issues: Issues, pattern: Fields, path: string): void {
  checkMatcher(issues, pattern.event, `${path}.event`);
  if (pattern.type === 'aggregate') {
    issues.text(pattern, 'field', path);
    issues.oneOf(pattern, 'function', path, functions);
  }
  const { threshold } = pattern;
  if (!Number.isFinite(threshold)) issues.error(`${path}.threshold`, 'Must be a number');
  else if (pattern.type === 'count' && Number(threshold) < 1) issues.error(`${path}.threshold`, 'Must be at least 1');
  if (pattern.type === 'aggregate' || pattern.comparison !== undefined)
    issues.oneOf(pattern, 'comparison', path, comparisons);
  checkBoolean(issues, pattern, 'sliding', path);
  checkDuration(issues, pattern, 'window', path);
}

function checkSequence(issues: Issues, pattern: Fields, path: string): void {
  const events = issues.array(pattern.events, `${path}.events`);
  if (events && events.length < 2) issues.error(`${path}.events`, 'A sequence has at least 2 events');
  events?.forEach((event, at) => {
    checkMatcher(issues, event, `${path}.events[${at}]`);
  });
  checkBoolean(issues, pattern, 'strict', path);
  checkDuration(issues, pattern, 'within', path);
}

function checkMatcher(issues: Issues, raw: unknown, path: string): void {
  const matcher = issues.object(raw, path);
  if (!matcher) return;
  issues.text(matcher, 'topic', path);
  if (matcher.filter !== undefined) issues.object(matcher.filter, `${path}.filter`);
  if (matcher.as !== undefined) issues.text(matcher, 'as', path);
}

function checkBoolean(issues: Issues, pattern: Fields, name: string, path: string): void {
  const value = own(pattern, name);
  if (value !== undefined && typeof value !== 'boolean') issues.error(`${path}.${name}`, 'Must be true or false');
}

export function checkDuration(issues: Issues, fields: Fields, name: string, path: string): void {
  const duration = own(fields, name);
  if (duration === undefined) issues.error(`${path}.${name}`, `Required field "${name}" is missing`);
  else if (durationMs(duration) === undefined) {
    issues.error(`${path}.${name}`, 'Must be milliseconds above 0, or a whole number with ms, s, m, h, d, w or y');
  }
}
