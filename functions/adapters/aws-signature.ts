import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { EpochMs } from '../core/names.ts';

/**
 * AWS Signature Version 4 in the `Authorization` header, or in a presigned URL. S3 encodes paths differently, so for S3
 * it only supports paths that need no encoding. The derived key is cached per day, and the caller passes the body's
 * hash, so that a frame for many recipients is hashed once. Each request then costs one SHA-256 of a few hundred bytes
 * and one HMAC.
 */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials, which every Lambda function has, include one. */
  readonly sessionToken?: string;
}

export interface Signable {
  readonly method: string;
  /** As in the request line: percent-encoded, with a sorted query whose names all have a `=`. */
  readonly path: string;
  /** The headers to sign, including `host`. Lower-case names; single-line values without outer or doubled blanks. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case hexadecimal SHA-256 of the body. */
  readonly bodyHash: string;
}

/** Returns all headers to send: the given ones, date, token and signature. */
export type Sign = (request: Signable, at: EpochMs) => Record<string, string>;

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function createSigner(credentials: Credentials, region: string, service: string): Sign {
  const seal = createSeal(credentials, region, service);

  return function sign({ method, path, headers, bodyHash }, at) {
    const date = dateOf(at);
    const signed: Record<string, string> = { ...headers, 'x-amz-date': date };
    if (credentials.sessionToken !== undefined) signed['x-amz-security-token'] = credentials.sessionToken;
    const names = Object.keys(signed).sort();
    const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
    const list = names.join(';');
    const [ownPath = '', query = ''] = path.split('?', 2);
    const canonical = `${method}\n${encodedAgain(ownPath)}\n${query}\n${lines}\n${list}\n${bodyHash}`;
    signed.authorization = `${algorithm} Credential=${seal.credential(date)}, SignedHeaders=${list}, Signature=${seal.signature(date, canonical)}`;
    return signed;
  };
}

/** A request that a client sends: the whole signature is in its URL, and its body is not signed. */
export interface Presignable {
  readonly method: 'GET' | 'PUT';
  /** Without a query; its path needs no encoding. */
  readonly url: URL;
  /** Headers that the client must send exactly like this, in addition to `host`. Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly validSeconds: number;
}

/** The URL to send it to. */
export type Presign = (request: Presignable, at: EpochMs) => string;

/** The same signature in the query of a URL, as S3 takes it. */
export function createPresigner(credentials: Credentials, region: string, service: string): Presign {
  const seal = createSeal(credentials, region, service);

  return function presign({ method, url, headers, query, validSeconds }, at) {
    const date = dateOf(at);
    const signed: Record<string, string> = { ...headers, host: url.host };
    const names = Object.keys(signed).sort();
    const all = {
      ...query,
      'X-Amz-Algorithm': algorithm,
      'X-Amz-Credential': seal.credential(date),
      'X-Amz-Date': date,
      'X-Amz-Expires': String(validSeconds),
      ...(credentials.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': credentials.sessionToken }),
      'X-Amz-SignedHeaders': names.join(';'),
    };
    const pairs = Object.entries(all).map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`);
    const sorted = pairs.sort().join('&');
    const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
    const canonical = `${method}\n${url.pathname}\n${sorted}\n${lines}\n${names.join(';')}\nUNSIGNED-PAYLOAD`;
    return `${url.origin}${url.pathname}?${sorted}&X-Amz-Signature=${seal.signature(date, canonical)}`;
  };
}

const algorithm = 'AWS4-HMAC-SHA256';

/** `20261120T210405Z` */
function dateOf(at: EpochMs): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** The common part of both forms of a signature. */
function createSeal({ accessKeyId, secretAccessKey }: Credentials, region: string, service: string) {
  let day = '';
  let key: KeyObject | undefined;
  const scopeOf = (date: string) => `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  return {
    credential: (date: string) => `${accessKeyId}/${scopeOf(date)}`,
    signature(date: string, canonical: string): string {
      if (!key || !date.startsWith(day)) {
        day = date.slice(0, 8);
        key = derivedKey(secretAccessKey, day, region, service);
      }
      const text = `${algorithm}\n${date}\n${scopeOf(date)}\n${sha256Hex(canonical)}`;
      return createHmac('sha256', key).update(text).digest('hex');
    },
  };
}

/**
 * Returns a key object, because every HMAC converts a key of bytes into one, which takes longer than the HMAC itself.
 */
function derivedKey(secret: string, day: string, region: string, service: string): KeyObject {
  const steps = [day, region, service, 'aws4_request'];
  const bytes = steps.reduce<Uint8Array>(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  return createSecretKey(bytes);
}

/** Every service but S3 signs the path as sent with each segment encoded once more: `%3D` is signed as `%253D`. */
function encodedAgain(path: string): string {
  if (path === '/') return path;
  return path.split('/').map(percentEncoded).join('/');
}

/** Everything but `A-Za-z0-9-_.~`. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
