import type { BucketPart } from '../parts.ts';
import type { Answer } from './answer.ts';
import { S3Error } from './errors.ts';
import { wildcard } from './policy.ts';

/** Cross-origin access by the bucket's rules, as in S3. Header names are lower-case. */

type Headers = Readonly<Record<string, string>>;

interface Rule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

/** @throws S3Error BadRequest, AccessForbidden */
export function preflight(part: BucketPart, request: Headers): Answer {
  const { origin } = request;
  const method = request['access-control-request-method'];
  if (!origin) throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.');
  if (!method) throw new S3Error('BadRequest', 'Invalid Access-Control-Request-Method: null');
  if (part.cors.length === 0)
    throw new S3Error('AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.');
  const wanted = listedNames(request['access-control-request-headers'] ?? '');
  const rule = rulesOf(part).find(
    (each) =>
      matches(each, origin, method) &&
      wanted.every((name) => each.allowedHeaders.some((pattern) => wildcard(pattern, 'i').test(name))),
  );
  if (!rule) {
    throw new S3Error(
      'AccessForbidden',
      'CORSResponse: This CORS request is not allowed: origin, method or headers are not in the rules of the bucket.',
    );
  }
  const headers = {
    ...allowed(rule, origin),
    ...(wanted.length > 0 && { 'access-control-allow-headers': wanted.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
  return { status: 200, headers };
}

/** CORS headers for the answer to a request from a page, refusals included; none if no rule matches. */
export function corsHeaders(part: BucketPart, method: string, origin: string | undefined): Headers {
  if (!origin) return {};
  const rule = rulesOf(part).find((each) => matches(each, origin, method));
  return rule ? allowed(rule, origin) : {};
}

function allowed(rule: Rule, origin: string): Record<string, string> {
  const isForAll = rule.origins.includes('*');
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(rule.exposedHeaders.length > 0 && { 'access-control-expose-headers': rule.exposedHeaders.join(', ') }),
    ...(!isForAll && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function matches(rule: Rule, origin: string, method: string): boolean {
  return rule.methods.includes(method) && rule.origins.some((pattern) => wildcard(pattern).test(origin));
}

/** The rules as the template writes them. */
function rulesOf(part: BucketPart): Rule[] {
  return part.cors.map((rule) => ({
    origins: texts(rule.AllowedOrigins),
    methods: texts(rule.AllowedMethods),
    allowedHeaders: texts(rule.AllowedHeaders),
    exposedHeaders: texts(rule.ExposedHeaders),
    maxAgeSeconds: rule.MaxAge === undefined ? undefined : Number(rule.MaxAge),
  }));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function listedNames(header: string): string[] {
  return header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
