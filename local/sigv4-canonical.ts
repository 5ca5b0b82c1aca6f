import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * AWS Signature Version 4, the computation: the canonical form of a request, the derived key and the comparison.
 * `sigv4.ts` decides who may sign what, and how old a signature may be.
 */

/** The signed parts of a request. The body is represented by its hash, or by one of the words for an unsigned body. */
export interface SignedParts {
  readonly method: string;
  /** Path with query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

/** The parts of `20261120/us-east-1/s3/aws4_request`. */
export interface Scope {
  /** `YYYYMMDD` */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

export function sha256Hex(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Percent-encoding as SigV4 requires it: everything but `A-Za-z0-9-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Name and value pairs of a query, decoded; `+` is a space. @throws URIError on a broken escape */
export function queryPairs(url: string): [string, string][] {
  const start = url.indexOf('?');
  if (start < 0) return [];
  return url
    .slice(start + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? '' : pair.slice(equals + 1);
      return [decodeURIComponent(name.replaceAll('+', ' ')), decodeURIComponent(value.replaceAll('+', ' '))];
    });
}

/** S3 signs the path encoded once, however the client wrote it. Every other service encodes the sent path once more. */
function canonicalPath(url: string, service: string): string {
  const path = url.split('?', 1)[0] || '/';
  if (service === 's3')
    return path
      .split('/')
      .map((segment) => encode(decodeURIComponent(segment)))
      .join('/');
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else kept.push(encode(segment));
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(url: string): string {
  return queryPairs(url)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function canonicalRequest(parts: SignedParts, service: string): string {
  const headers = parts.signedHeaders.map(
    (name) => `${name}:${(parts.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    parts.method,
    canonicalPath(parts.url, service),
    canonicalQuery(parts.url),
    headers.join(''),
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n');
}

/** The text that the key signs for a header or query signature; `date` is `YYYYMMDDTHHMMSSZ`. */
export function stringToSign(canonical: string, date: string, scope: Scope): string {
  return [ALGORITHM, date, `${scope.day}/${scope.region}/${scope.service}/aws4_request`, sha256Hex(canonical)].join(
    '\n',
  );
}

export function sign(secret: string, scope: Scope, text: string): string {
  const mac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest();
  const day = mac(`AWS4${secret}`, scope.day);
  return mac(mac(mac(mac(day, scope.region), scope.service), 'aws4_request'), text).toString('hex');
}

/** Constant in time for two signatures of equal length. */
export function sameSignature(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
