import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { type Clock, systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Access, BucketPart } from '../parts.ts';
import { type Answer, errorAnswer, send } from './answer.ts';
import { type Bucket, openBucket } from './bucket.ts';
import { type Call, readCall } from './call.ts';
import { corsHeaders, preflight } from './cors.ts';
import { S3Error } from './errors.ts';
import { expire } from './lifecycle.ts';
import { createAnnouncer, type Notify } from './notifications.ts';
import { operationOf } from './operations.ts';
import { authenticate, authenticateForm, createPermissions } from './permissions.ts';
import type { Store } from './store.ts';

/**
 * S3 in miniature, path style, for URLs that start with `/local/s3/<bucket>/`: the buckets of the template with their
 * CORS rules, policies, lifecycle and notifications. Signatures, checksums and IAM are checked as S3 checks them,
 * because what passes here must pass there. Versions and access control lists are not stored.
 */

export interface ObjectStoreSettings {
  readonly buckets: readonly BucketPart[];
  readonly access: Access;
  /** The folder for objects; created if missing. In a temporary folder, objects do not survive. */
  readonly dir: string;
  readonly clock?: Pick<Clock, 'now'>;
  /** Receives the buckets' event notifications; without it they are dropped. */
  readonly notify?: Notify;
  /** Receives errors of the store itself; by default they are written to stderr. */
  readonly log?: Log;
}

export interface ObjectStore {
  /** Answers one request, refusals included; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Expires objects by the lifecycle rules, as of `nowMs` or the clock. */
  sweep(nowMs?: number): Promise<void>;
}

/** A refused body up to this size is read to its end, so that the client can read the refusal. */
const MAX_DRAINED_BYTES = 16 * 1024 ** 2;

/** @throws Error if a bucket's policy or its files on disk are invalid */
export function createObjectStore(settings: ObjectStoreSettings): ObjectStore {
  const { buckets, access, dir, clock = systemClock, notify, log = toStderr } = settings;
  const opened = new Map<string, Bucket>(buckets.map((part) => [part.name, openBucket(part, dir)]));
  const permissions = createPermissions(buckets, access);
  const announce = createAnnouncer(notify ?? (() => {}));

  function bucketNamed(name: string): Bucket {
    const bucket = opened.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
    return bucket;
  }
  const storeFor = (bucket: Bucket): Store => ({
    permissions,
    bucketNamed,
    authenticateForm: (fields) => authenticateForm(fields, access),
    announce: (announcement) => announce(bucket.part, announcement, clock.now()),
    nowMs: () => clock.now(),
  });

  async function answer(call: Call): Promise<Answer> {
    const bucket = bucketNamed(call.bucketName);
    if (call.method === 'OPTIONS') return preflight(bucket.part, call.headers);
    const operation = operationOf(call);
    return operation(storeFor(bucket), { ...call, bucket, caller: authenticate(call, access) });
  }

  return {
    async handle(request, response) {
      const requestId = randomBytes(8).toString('hex').toUpperCase();
      const result = await answered(request, clock.now(), requestId, answer, log);
      const bucket = opened.get((request.url ?? '').split(/[/?]/, 4)[3] ?? '');
      const cors =
        bucket && request.method !== 'OPTIONS'
          ? corsHeaders(bucket.part, request.method ?? '', request.headers.origin)
          : {};
      const ids = { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId };
      const close = drain(request) ? {} : { connection: 'close' };
      const headers = { ...ids, ...cors, ...result.headers, ...close };
      await send(response, { ...result, headers }, request.method === 'HEAD').catch(() => response.destroy());
    },
    async sweep(nowMs = clock.now()) {
      for (const bucket of opened.values()) {
        for (const key of expire(bucket, nowMs))
          announce(bucket.part, { key, name: 'LifecycleExpiration:Delete' }, nowMs);
      }
    },
  };
}

async function answered(
  request: IncomingMessage,
  nowMs: number,
  requestId: string,
  answer: (call: Call) => Promise<Answer>,
  log: Log,
): Promise<Answer> {
  const resource = (request.url ?? '').split('?', 1)[0] ?? '';
  try {
    return await answer(readCall(request, nowMs, requestId));
  } catch (error) {
    if (error instanceof S3Error) return errorAnswer(error, resource, requestId);
    // A client that disconnected during its upload gets no answer, and is no error of the store.
    if (!request.destroyed) log('objects', `${request.method} ${resource} failed: ${inspect(error)}`);
    const hidden = new S3Error('InternalError', 'We encountered an internal error. Please try again.');
    return errorAnswer(hidden, resource, requestId);
  }
}

const toStderr: Log = (part, line) => console.error(`${part}: ${line}`);

/** Skips an unwanted body. False if it is too long: then the connection ends with the answer. */
function drain(request: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (request.complete) return true;
  if (encoding !== undefined || Number(length) > MAX_DRAINED_BYTES) return false;
  request.resume();
  return true;
}
