import { randomBytes } from 'node:crypto';
import type { Access, FunctionPart, Principal, Statement } from './parts.ts';

/** IAM over the roles of the template, and the credentials of each function. */
export interface FunctionAccess extends Access {
  /** @throws Error for a function that is not in the template */
  principalOf(functionId: string): Principal;
}

type Role = { readonly principal: Principal; readonly allow: readonly Rule[]; readonly deny: readonly Rule[] };
type Rule = { readonly action: RegExp; readonly resource: RegExp };

/**
 * Decisions repeat on every call. If resource names vary without end, the cache is emptied rather than allowed to grow.
 */
const maxCachedDecisions = 10_000;

/**
 * Creates credentials for every function, new at each start, and decides what they allow. Actions are compared without
 * case, resources with it. A statement that denies wins over any that allows. An action that none allows is refused.
 */
export function createAccess(functions: readonly FunctionPart[]): FunctionAccess {
  const roles = new Map<string, Role>();
  const principals = new Map<string, Principal>();
  for (const { id, statements } of functions) {
    const principal: Principal = {
      functionId: id,
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
    };
    principals.set(id, principal);
    roles.set(principal.accessKeyId, {
      principal,
      allow: rulesOf(statements, 'Allow'),
      deny: rulesOf(statements, 'Deny'),
    });
  }
  const decisions = new Map<string, boolean>();

  return {
    principal: (accessKeyId) => roles.get(accessKeyId)?.principal,
    principalOf(functionId) {
      const principal = principals.get(functionId);
      if (!principal) throw new Error(`The template has no function ${functionId}.`);
      return principal;
    },
    allows(accessKeyId, action, resourceArn) {
      const role = roles.get(accessKeyId);
      if (!role) return false;
      const question = `${accessKeyId} ${action} ${resourceArn}`;
      const known = decisions.get(question);
      if (known !== undefined) return known;
      const asked = (rule: Rule) => rule.action.test(action) && rule.resource.test(resourceArn);
      const decision = role.allow.some(asked) && !role.deny.some(asked);
      if (decisions.size >= maxCachedDecisions) decisions.clear();
      decisions.set(question, decision);
      return decision;
    },
  };
}

function rulesOf(statements: readonly Statement[], effect: Statement['effect']): Rule[] {
  return statements
    .filter((statement) => statement.effect === effect)
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) =>
        resources.map((resource) => ({ action: wildcard(action, 'i'), resource: wildcard(resource, '') })),
      ),
    );
}

/** `*` is any text, `?` one character, all other characters themselves; both match `/` and `:`, too, as in IAM. */
function wildcard(pattern: string, flags: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, `s${flags}`);
}
