import type { RuleAction } from '../core/rule-definition.ts';
import { checkConditions } from './check-conditions.ts';
import { checkDuration } from './check-trigger.ts';
import type { Fields } from './event.ts';
import type { Issues } from './issues.ts';
import { isReference } from './references.ts';

/** Actions inside of actions, so deep. */
const deepest = 20;

const types: readonly RuleAction['type'][] = [
  ...(['set_fact', 'delete_fact', 'emit_event', 'set_timer', 'cancel_timer'] as const),
  ...(['log', 'conditional', 'for_each', 'try_catch', 'call_service'] as const),
];

export function checkActions(issues: Issues, raw: unknown, path: string, depth = 0): void {
  if (depth > deepest) issues.error(path, `Actions may be nested ${deepest} deep`);
  const actions = depth > deepest ? undefined : issues.array(raw, path);
  actions?.forEach((one, at) => {
    const action = issues.object(one, `${path}[${at}]`);
    const type = action && issues.oneOf(action, 'type', `${path}[${at}]`, types);
    if (type !== undefined) checks[type](issues, action ?? {}, `${path}[${at}]`, depth);
  });
}

type Check = (issues: Issues, action: Fields, path: string, depth: number) => void;

const checks: Readonly<Record<RuleAction['type'], Check>> = {
  set_fact(issues, action, path) {
    issues.template(action, 'key', path);
    issues.value(action.value, `${path}.value`);
  },
  delete_fact: (issues, action, path) => issues.template(action, 'key', path),
  emit_event(issues, action, path) {
    issues.template(action, 'topic', path);
    issues.values(action.data, `${path}.data`);
  },
  set_timer: checkTimer,
  cancel_timer: (issues, action, path) => issues.template(action, 'name', path),
  log(issues, action, path) {
    issues.oneOf(action, 'level', path, ['debug', 'info', 'warn', 'error']);
    issues.template(action, 'message', path);
  },
  conditional(issues, action, path, depth) {
    checkConditions(issues, action.conditions, `${path}.conditions`);
    checkActions(issues, action.then, `${path}.then`, depth + 1);
    if (action.else !== undefined) checkActions(issues, action.else, `${path}.else`, depth + 1);
  },
  for_each(issues, action, path, depth) {
    issues.value(action.collection, `${path}.collection`);
    if (action.collection !== undefined && !Array.isArray(action.collection) && !isReference(action.collection)) {
      issues.error(`${path}.collection`, 'Must be an array or a reference to one');
    }
    issues.text(action, 'as', path);
    checkActions(issues, action.actions, `${path}.actions`, depth + 1);
    checkCount(issues, action.maxIterations, `${path}.maxIterations`);
  },
  try_catch(issues, action, path, depth) {
    checkActions(issues, action.try, `${path}.try`, depth + 1);
    if (action.catch !== undefined) {
      const handler = issues.object(action.catch, `${path}.catch`);
      if (handler?.as !== undefined) issues.text(handler, 'as', `${path}.catch`);
      if (handler) checkActions(issues, handler.actions, `${path}.catch.actions`, depth + 1);
    }
    if (action.finally !== undefined) checkActions(issues, action.finally, `${path}.finally`, depth + 1);
  },
  call_service(issues, action, path) {
    issues.text(action, 'service', path);
    issues.text(action, 'method', path);
    issues.array(action.args, `${path}.args`)?.forEach((arg, at) => {
      issues.value(arg, `${path}.args[${at}]`);
    });
  },
};

function checkTimer(issues: Issues, action: Fields, actionPath: string): void {
  const path = `${actionPath}.timer`;
  const timer = issues.object(action.timer, path);
  if (!timer) return;
  issues.template(timer, 'name', path);
  checkDuration(issues, timer, 'duration', path);
  const onExpire = issues.object(timer.onExpire, `${path}.onExpire`);
  if (onExpire) {
    issues.template(onExpire, 'topic', `${path}.onExpire`);
    issues.values(onExpire.data, `${path}.onExpire.data`);
  }
  for (const name of ['cron', 'maxCount']) {
    if (timer[name] !== undefined) issues.error(`${path}.${name}`, 'Timers by calendar are not supported; use repeat');
  }
  if (timer.repeat === undefined) return;
  const repeat = issues.object(timer.repeat, `${path}.repeat`);
  if (!repeat) return;
  checkDuration(issues, repeat, 'interval', `${path}.repeat`);
  checkCount(issues, repeat.maxCount, `${path}.repeat.maxCount`);
}

function checkCount(issues: Issues, value: unknown, path: string): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) > 0)) {
    issues.error(path, 'Must be a whole number above 0');
  }
}
