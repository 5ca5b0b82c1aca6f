import { S3Error } from './errors.ts';

/** The policy of a POST form: what its signer allows the sender of the form. */

export interface SizeRange {
  readonly min: number;
  readonly max: number;
}

type Condition =
  | { readonly kind: 'eq' | 'starts-with'; readonly field: string; readonly value: string; readonly text: string }
  | ({ readonly kind: 'size' } & SizeRange);

/** Fields that need no condition, because they prove the policy or are the file. */
const FREE_FIELDS = ['policy', 'x-amz-signature', 'file'];

/**
 * Checks expiry and conditions; returns the allowed size of the file in bytes.
 * @param fields lower-case names, `bucket` and `key` included
 * @throws S3Error InvalidPolicyDocument; AccessDenied "Invalid according to Policy: …"
 */
export function demandPolicy(
  document: string,
  fields: ReadonlyMap<string, string>,
  nowMs: number,
): SizeRange | undefined {
  const { expiresAtMs, conditions } = parsePolicy(document);
  if (nowMs >= expiresAtMs) throw denied('Policy expired.');
  for (const condition of conditions) {
    if (condition.kind === 'size') continue;
    const actual = fields.get(condition.field);
    const holds = condition.kind === 'eq' ? actual === condition.value : actual?.startsWith(condition.value);
    if (!holds) throw denied(`Policy Condition failed: ${condition.text}`);
  }
  const covered = new Set(conditions.flatMap((condition) => (condition.kind === 'size' ? [] : [condition.field])));
  const isFree = (name: string) => name === 'bucket' || FREE_FIELDS.includes(name) || name.startsWith('x-ignore-');
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !isFree(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return conditions.find((condition) => condition.kind === 'size');
}

function parsePolicy(document: string): { readonly expiresAtMs: number; readonly conditions: readonly Condition[] } {
  const policy = parseJson(Buffer.from(document, 'base64').toString('utf8'));
  const expiresAtMs = Date.parse(String(policy.expiration ?? ''));
  if (Number.isNaN(expiresAtMs) || !Array.isArray(policy.conditions))
    throw invalid('expiration and conditions are needed');
  return { expiresAtMs, conditions: policy.conditions.flatMap(readCondition) };
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // reported below, as for any other JSON that is no policy
  }
  throw invalid('it is not base64 of a JSON object');
}

/** `{field: value}`, `["eq"|"starts-with", "$field", value]` or `["content-length-range", min, max]`. */
function readCondition(condition: unknown): Condition[] {
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null)
      throw invalid('a condition is neither an object nor a list');
    return Object.entries(condition).map(([field, value]) => comparison('eq', field, value));
  }
  const [operator, first, second] = condition.map(String);
  const kind = operator?.toLowerCase();
  if (condition.length !== 3 || first === undefined || second === undefined)
    throw invalid('a condition needs three parts');
  if (kind === 'content-length-range') {
    const [min, max] = [Number(first), Number(second)];
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max))
      throw invalid('content-length-range needs two numbers');
    return [{ kind: 'size', min, max }];
  }
  if ((kind !== 'eq' && kind !== 'starts-with') || !first.startsWith('$'))
    throw invalid(`unknown condition ${operator}`);
  return [comparison(kind, first.slice(1), second)];
}

function comparison(kind: 'eq' | 'starts-with', field: string, value: unknown): Condition {
  const text = JSON.stringify([kind, `$${field}`, String(value)]);
  return { kind, field: field.toLowerCase(), value: String(value), text };
}

function invalid(reason: string): S3Error {
  return new S3Error('InvalidPolicyDocument', `Invalid Policy: ${reason}.`);
}

function denied(reason: string): S3Error {
  return new S3Error('AccessDenied', `Invalid according to Policy: ${reason}`);
}
