import type { App, RequestRate } from '../core/app.ts';
import type { AppQuery } from '../core/app-query.ts';
import type { QueryDefinition } from '../core/bucket-definition.ts';
import { Failure } from '../core/errors.ts';
import { referencesOf } from './bucket.ts';
import { checkBucket } from './definition.ts';
import { checkQuery } from './query-definition.ts';

/**
 * Validates an application's declarations before anything is deployed or started.
 * @throws Failure that names the invalid bucket and field, or query
 */
export function checkApp(app: App): void {
  const { buckets = {}, queries = {} } = app;
  checkLimits(app);
  const isBucket = (name: string) => Object.hasOwn(buckets, name);
  for (const [name, definition] of Object.entries(buckets)) {
    checkBucket(name, definition, 'code');
    const lost = referencesOf(definition).find(({ bucket }) => !isBucket(bucket));
    if (lost) throw wrong(`Bucket "${name}": field "${lost.field}" refers to "${lost.bucket}", which is no bucket`);
  }
  for (const [name, query] of Object.entries(queries)) {
    if (!isDeclarative(query)) continue;
    if (!isBucket(checkQuery(name, query).bucket)) throw wrong(`Query "${name}": "${query.bucket}" is no bucket`);
  }
}

/** The most that one item can list. */
const mostRequests = 10_000;

/** The most sockets of an address that one item can list. */
const mostPlaces = 1_000;

function checkLimits({ rateLimit, heartbeat, maxConnectionsPerIp, allowedOrigins = [], audit }: App): void {
  const { retentionDays = 1 } = audit ?? {};
  if (!(retentionDays > 0)) throw wrong(`audit: retentionDays is a number above 0, not ${retentionDays}`);
  if (typeof rateLimit === 'object') checkRate(rateLimit);
  for (const [name, ms] of Object.entries(heartbeat ?? {})) {
    if (!(Number.isFinite(ms) && ms > 0))
      throw wrong(`heartbeat: ${name} is a number of milliseconds above 0, not ${ms}`);
  }
  const most = maxConnectionsPerIp ?? 1;
  if (!Number.isInteger(most) || most < 1 || most > mostPlaces) {
    throw wrong(`maxConnectionsPerIp is an integer from 1 to ${mostPlaces}, not ${most}`);
  }
  for (const origin of allowedOrigins) {
    if (!isOrigin(origin))
      throw wrong(`allowedOrigins: ${JSON.stringify(origin)} is no origin, like https://example.com`);
  }
}

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

function checkRate({ maxRequests, windowMs }: RequestRate): void {
  if (!Number.isInteger(maxRequests) || maxRequests < 1 || maxRequests > mostRequests) {
    throw wrong(`rateLimit: maxRequests is an integer from 1 to ${mostRequests}, not ${maxRequests}`);
  }
  if (!(windowMs > 0)) throw wrong(`rateLimit: windowMs is a number of milliseconds above 0, not ${windowMs}`);
}

export const isDeclarative = (query: AppQuery): query is QueryDefinition =>
  typeof query !== 'function' && !('run' in query);

const wrong = (sentence: string): Failure => new Failure('unacceptable_request', sentence);
