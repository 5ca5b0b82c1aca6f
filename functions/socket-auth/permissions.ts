import type { AppSession, PermissionRule } from '../core/app.ts';
import type { Credential, Identity, Scope } from '../core/caller.ts';
import type { Operation } from '../core/contract.ts';
import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { nobody, sessionOf } from './session.ts';

/** What somebody wants to do, and to what: a bucket, a query, a topic, or `*`. */
export interface Wish {
  /** As clients name operations, e.g. `store.insert`. */
  readonly name: string;
  readonly resource: string;
}

/**
 * The one place where permissions over sockets are judged: of every request, of every operation inside a transaction, of
 * every bucket that a query reads.
 * @throws Failure `not_authorized`
 */
export function refuseUnpermitted(
  ports: Ports,
  identity: Identity | undefined,
  { access }: Pick<Operation, 'access'>,
  wish: Wish,
): void {
  if (isPermitted(ports, identity, tierOf(access), wish)) return;
  throw new Failure('not_authorized', `The permissions of this session do not allow ${wish.name} on ${wish.resource}.`);
}

export function isPermitted(ports: Ports, identity: Identity | undefined, tier: Scope, wish: Wish): boolean {
  const session: AppSession = sessionOf(ports, identity) ?? nobody;
  if (identity && !isWithin(identity.credential, tier)) return false;
  if (!isWithinRoles(session.roles, tier)) return false;
  const { check, rules = [], default: otherwise = 'allow' } = ports.app.auth?.permissions ?? {};
  const decided = check?.(session, wish.name, wish.resource);
  if (decided !== undefined) return decided;
  if (rules.some((rule) => fits(rule, session, wish))) return true;
  return tier === 'admin' ? session.roles.includes('admin') && otherwise === 'allow' : otherwise === 'allow';
}

/** What an operation is about, before its parameters have been looked at. */
export function resourceOf(type: string, input: unknown): string {
  const names = type.startsWith('store.') ? storeNames : type.startsWith('rules.') ? ruleNames : [];
  const given = isObject(input) ? names.map((name) => input[name]) : [];
  return given.find((value): value is string => typeof value === 'string' && value !== '') ?? '*';
}

const storeNames = ['bucket', 'query', 'name'];
const ruleNames = ['topic', 'key', 'pattern'];

/** Operations that no API key is good for are those of administrators. */
export const tierOf = ({ scope }: Operation['access']): Scope => (scope === 'none' ? 'admin' : scope);

/** An API key reaches as far as it is good for, and never as far as an administrator. */
function isWithin(credential: Credential, tier: Scope): boolean {
  return credential.kind !== 'apiKey' || (tier !== 'admin' && credential.scopes.includes(tier));
}

const reach: Readonly<Record<string, readonly Scope[]>> = {
  admin: ['read', 'write', 'admin'],
  writer: ['read', 'write'],
  reader: ['read'],
};

/** The built-in roles reach their tier and those below; without one, everything is left to the rules. */
function isWithinRoles(roles: readonly string[], tier: Scope): boolean {
  const builtIn = roles.filter((role) => Object.hasOwn(reach, role));
  return builtIn.length === 0 || builtIn.some((role) => reach[role]?.includes(tier));
}

function fits(rule: PermissionRule, { roles }: AppSession, { name, resource }: Wish): boolean {
  const { role, allow } = rule;
  if (!roles.includes(role) || ![allow].flat().some((pattern) => covers(pattern, name))) return false;
  const [only, except] = name.startsWith('store.')
    ? [rule.buckets, rule.exceptBuckets]
    : name.startsWith('rules.')
      ? [rule.topics, rule.exceptTopics]
      : [];
  const isNamed = (patterns: readonly string[]) => patterns.some((pattern) => covers(pattern, resource));
  return (only === undefined || isNamed(only)) && !isNamed(except ?? []);
}

/** `*` covers everything, `prefix.*` what begins so, anything else itself. */
function covers(pattern: string, text: string): boolean {
  if (pattern === '*' || pattern === text) return true;
  return pattern.endsWith('.*') && text.startsWith(pattern.slice(0, -1));
}
