import type { IncomingMessage } from 'node:http';
import { queryPairs } from '../sigv4-canonical.ts';
import { S3Error } from './errors.ts';

/** One request to the store, before its signature is verified. */
export interface Call {
  readonly request: IncomingMessage;
  readonly method: string;
  /** As sent, because the signature covers it. */
  readonly url: string;
  readonly bucketName: string;
  /** Empty for requests about the bucket. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names; repeated headers joined by `,`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly requestId: string;
}

export const PREFIX = '/local/s3/';
const MAX_KEY_BYTES = 1024;

/** @throws S3Error InvalidURI, KeyTooLongError */
export function readCall(request: IncomingMessage, nowMs: number, requestId: string): Call {
  const url = request.url ?? '/';
  const [bucket = '', ...rest] = (url.split('?', 1)[0] ?? '').slice(PREFIX.length).split('/');
  try {
    const key = decodeURIComponent(rest.join('/'));
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError', 'Your key is too long');
    return {
      request,
      method: request.method ?? 'GET',
      url,
      bucketName: decodeURIComponent(bucket),
      key,
      query: new Map(queryPairs(url)),
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')])),
      nowMs,
      requestId,
    };
  } catch (error) {
    if (error instanceof URIError) throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
    throw error;
  }
}

/**
 * An `x-amz-` header, or the query parameter that a presigner made of it. S3 ignores `x-amz-tagging` in the query (the
 * object then has no tags), so it is ignored here: tags must be a signed header.
 */
export function amzHeader(call: Call, name: string): string | undefined {
  return call.headers[name] ?? (name === 'x-amz-tagging' ? undefined : call.query.get(name));
}

/** All headers and hoisted parameters whose names begin with the prefix. */
export function amzHeaders(call: Call, prefix: string): [string, string][] {
  return [...call.query, ...Object.entries(call.headers)].filter(([name]) => name.startsWith(prefix));
}
