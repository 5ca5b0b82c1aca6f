import { own } from '../core/own.ts';
import type { PermissionRule, Permissions, StoreSession } from '../core/store-permissions.ts';
import type { Fields } from './filter.ts';
import { isReachedBy, isWithinCap, tierOf } from './tiers.ts';

/**
 * Whether a session may run an operation. The application's own check decides first. Otherwise the first rule that
 * matches allows it. Otherwise the default decides, if the roles reach the operation's tier. Operations without a tier
 * count as `admin`.
 */
export function isAllowed(
  permissions: Permissions,
  session: StoreSession,
  operation: string,
  resource: string,
): boolean {
  const tier = tierOf(operation) ?? 'admin';
  if (!isWithinCap(session, tier)) return false;
  const decided = permissions.check?.(session, operation, resource);
  if (typeof decided === 'boolean') return decided;
  if (permissions.rules?.some((rule) => isFitting(rule, session, operation, resource))) return true;
  return permissions.default !== 'deny' && isReachedBy(session.roles, tier);
}

/** What a request is about: the name that permissions go by, else `*`. */
export function resourceOf(operation: string, request: Fields): string {
  return textIn(request, subjects.get(operation));
}

/** What the audit log says a request was about. */
export function auditedResourceOf(operation: string, request: Fields): string {
  return textIn(request, subjects.get(operation) ?? auditedSubjects.get(operation));
}

/** Exact, `*`, or `prefix.*`, which matches what begins with `prefix.`. */
export function isPatternFor(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true;
  return pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1));
}

function isFitting(rule: PermissionRule, { roles }: StoreSession, operation: string, resource: string): boolean {
  if (!roles.includes(rule.role)) return false;
  const allowed = typeof rule.allow === 'string' ? [rule.allow] : rule.allow;
  if (!allowed.some((pattern) => isPatternFor(pattern, operation))) return false;
  if (operation.startsWith('store.')) return isBucketFitting(rule, operation, resource);
  return !operation.startsWith('rules.') || isTopicFitting(rule, operation, resource);
}

/** What a transaction does is asked operation by operation; what was subscribed was asked when it was. */
const withoutBucket: ReadonlySet<string> = new Set(['store.transaction', 'store.unsubscribe']);

function isBucketFitting({ buckets, exceptBuckets }: PermissionRule, operation: string, resource: string): boolean {
  if (withoutBucket.has(operation)) return true;
  return (buckets?.includes(resource) ?? true) && !exceptBuckets?.includes(resource);
}

/** Facts have keys, which are no topics, but `topics` limits them, too. */
function isTopicFitting({ topics, exceptTopics }: PermissionRule, operation: string, resource: string): boolean {
  if (operation === 'rules.unsubscribe') return true;
  const isTopic = operation === 'rules.emit' || operation === 'rules.subscribe';
  const isIn = (patterns: readonly string[]) => patterns.some((pattern) => isPatternFor(pattern, resource));
  return (topics === undefined || isIn(topics)) && !(isTopic && exceptTopics !== undefined && isIn(exceptTopics));
}

const namesOf = (prefix: string, names: readonly string[]) => names.map((name) => `${prefix}.${name}`);

/**
 * The one field that says what an operation is about. Any other field of a request is none that the operation looks at:
 * it must not pass for what is about to be changed. What is not listed is about nothing in particular.
 */
const subjects = byOperation({
  bucket: [
    ...namesOf('store', ['insert', 'get', 'update', 'delete', 'clear', 'upsert']),
    ...namesOf('store', ['all', 'where', 'findOne', 'count', 'first', 'last', 'paginate']),
    ...namesOf('store', ['sum', 'avg', 'min', 'max', 'groupBy', 'insertMany', 'updateMany', 'deleteMany']),
  ],
  name: [
    ...namesOf('store', ['defineBucket', 'dropBucket', 'updateBucket', 'getBucketSchema']),
    ...namesOf('store', ['defineQuery', 'undefineQuery']),
  ],
  query: ['store.subscribe'],
  topic: ['rules.emit'],
  key: namesOf('rules', ['setFact', 'getFact', 'deleteFact']),
  pattern: namesOf('rules', ['queryFacts', 'subscribe']),
});

/** The same of operations that permissions know no resource of. */
const auditedSubjects = byOperation({
  name: namesOf('procedures', ['call', 'get', 'update', 'unregister']),
  ruleId: namesOf('rules', ['getRule', 'updateRule', 'unregisterRule', 'enableRule', 'disableRule']),
});

function byOperation(fields: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(fields).flatMap(([field, operations]) => operations.map((operation) => [operation, field] as const)),
  );
}

function textIn(request: Fields, field: string | undefined): string {
  const value = field === undefined ? undefined : own(request, field);
  return typeof value === 'string' && value !== '' ? value : '*';
}
