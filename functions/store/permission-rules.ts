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

/** The resource of a request, which permissions refer to; `*` if it has none. */
export function resourceOf(operation: string, request: Fields): string {
  return textIn(request, subjects.get(operation));
}

/** The resource of a request in the audit log. */
export function auditedResourceOf(operation: string, request: Fields): string {
  return textIn(request, subjects.get(operation) ?? auditedSubjects.get(operation));
}

/** Exact, `*`, or `prefix.*`, which matches names that begin with `prefix.`. */
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

/** A transaction is authorized operation by operation, and a subscription when it was made. */
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
 * The one field that names the resource of an operation. Other fields of a request must not count, because the
 * operation ignores them: permission for their value would then allow a change of another resource. Operations that are
 * not listed have no resource.
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

/** The same for operations whose resource permissions ignore. */
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
