/**
 * Evaluates a bucket's policy, conditions included, for the parts of IAM's language that bucket policies use. It
 * refuses unknown parts at the start: silently ignoring a `Deny` would allow locally what AWS denies.
 */

export interface PolicyQuestion {
  /** e.g. `s3:GetObject` */
  readonly action: string;
  /** ARN of the bucket, or of the object. */
  readonly resource: string;
  /** Condition keys that have a value, e.g. `s3:ExistingObjectTag/public`; see {@link conditionKey}. */
  readonly context: ReadonlyMap<string, string>;
}

export type PolicyDecision = 'allow' | 'deny' | 'silent';

type Test = (question: PolicyQuestion) => boolean;
type Json = Readonly<Record<string, unknown>>;

/**
 * Statements with a specific principal (a role, a service) do not apply to callers of the local store, which are
 * functions with their own IAM policies or anonymous. So only statements for everyone count.
 * @throws Error naming an unknown element or operator
 */
export function compilePolicy(statements: readonly Json[]): (question: PolicyQuestion) => PolicyDecision {
  const rules = statements
    .filter((statement) => isForEveryone(statement.Principal))
    .map((statement) => ({ effect: statement.Effect, applies: statementTest(statement) }));
  return (question) => {
    const effects = rules.filter((rule) => rule.applies(question)).map((rule) => rule.effect);
    return effects.includes('Deny') ? 'deny' : effects.includes('Allow') ? 'allow' : 'silent';
  };
}

/** Names of condition keys ignore case, but the tag after the slash does not. */
export function conditionKey(name: string): string {
  const slash = name.indexOf('/');
  return slash < 0 ? name.toLowerCase() : name.slice(0, slash).toLowerCase() + name.slice(slash);
}

function isForEveryone(principal: unknown): boolean {
  if (typeof principal !== 'object' || principal === null) return principal === '*';
  return listed((principal as Json).AWS).includes('*'); // an object that came from JSON
}

function statementTest(statement: Json): Test {
  const { Action, NotAction, Resource, NotResource, NotPrincipal, Condition } = statement;
  if (NotResource !== undefined || NotPrincipal !== undefined) {
    throw new Error(
      'A bucket policy uses NotResource or NotPrincipal, which the local object store does not evaluate.',
    );
  }
  const actions = listed(Action ?? NotAction).map((pattern) => wildcard(pattern, 'i'));
  const resources = listed(Resource).map((pattern) => wildcard(pattern));
  const conditions = Object.entries(Condition ?? {}).flatMap(
    ([operator, keys]) =>
      Object.entries(keys as Json).map(([key, values]) => conditionTest(operator, conditionKey(key), listed(values))), // IAM's grammar
  );
  return (question) =>
    actions.some((pattern) => pattern.test(question.action)) === (Action !== undefined) &&
    resources.some((pattern) => pattern.test(question.resource)) &&
    conditions.every((holds) => holds(question));
}

type Compare = (actual: string, wanted: string) => boolean;

const comparisons: Readonly<Record<string, Compare>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: (actual, wanted) => wildcard(wanted).test(actual),
  ArnEquals: (actual, wanted) => wildcard(wanted).test(actual),
  ArnLike: (actual, wanted) => wildcard(wanted).test(actual),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (actual, wanted) => Number(actual) === Number(wanted),
  NumericLessThan: (actual, wanted) => Number(actual) < Number(wanted),
  NumericLessThanEquals: (actual, wanted) => Number(actual) <= Number(wanted),
  NumericGreaterThan: (actual, wanted) => Number(actual) > Number(wanted),
  NumericGreaterThanEquals: (actual, wanted) => Number(actual) >= Number(wanted),
};

/** With a missing key, a condition for equality fails. A negated one passes, and so does one with `IfExists`. */
function conditionTest(operator: string, key: string, wanted: readonly string[]): Test {
  const base = operator.replace(/IfExists$/, '');
  if (base === 'Null') return ({ context }) => wanted.includes(String(!context.has(key)));
  const negated = base.startsWith('StringNot') || base === 'NumericNotEquals' || base.startsWith('ArnNot');
  const compare = comparisons[base.replace('Not', '')];
  if (!compare)
    throw new Error(`A bucket policy uses the condition ${operator}, which the local object store does not evaluate.`);
  return ({ context }) => {
    const actual = context.get(key);
    if (actual === undefined) return negated || operator !== base;
    return wanted.some((value) => compare(actual, value)) !== negated;
  };
}

function listed(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** `*` is any text, `?` one character. */
export function wildcard(pattern: string, flags = ''): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, `s${flags}`);
}
