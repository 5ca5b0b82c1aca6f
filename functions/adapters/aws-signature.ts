import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { EpochMs } from '../core/names.ts';

/**
 * AWS Signature Version 4 in the `Authorization` header; S3 encodes paths its own way, so there only for paths that need no
 * encoding. The derived key is kept per day, and the caller brings the body's hash, so that a frame sent to many is hashed
 * once: what remains is one SHA-256 of a few hundred bytes and one HMAC per request.
 */

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials, as every Lambda function has them, come with one. */
  readonly sessionToken?: string;
}

export interface Signable {
  readonly method: string;
  /** As it will stand in the request line: percent-encoded, a query sorted, each of its names with a `=`. */
  readonly path: string;
  /** What is signed, `host` included. Lower-case names; single-line values without outer or doubled blanks. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case hexadecimal SHA-256 of the body. */
  readonly bodyHash: string;
}

/** All headers to send: those given, and date, token and signature. */
export type Sign = (request: Signable, at: EpochMs) => Record<string, string>;

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function createSigner(credentials: Credentials, region: string, service: string): Sign {
  let day = '';
  let key: KeyObject | undefined;
  const scopeOf = (ofDay: string) => `${ofDay}/${region}/${service}/aws4_request`;

  return function sign({ method, path, headers, bodyHash }, at) {
    const date = new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
    if (!key || !date.startsWith(day)) {
      day = date.slice(0, 8);
      key = derivedKey(credentials.secretAccessKey, day, region, service);
    }
    const signed: Record<string, string> = { ...headers, 'x-amz-date': date };
    if (credentials.sessionToken !== undefined) signed['x-amz-security-token'] = credentials.sessionToken;
    const names = Object.keys(signed).sort();
    const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
    const list = names.join(';');
    const [ownPath = '', query = ''] = path.split('?', 2);
    const canonical = `${method}\n${encodedAgain(ownPath)}\n${query}\n${lines}\n${list}\n${bodyHash}`;
    const text = `AWS4-HMAC-SHA256\n${date}\n${scopeOf(day)}\n${sha256Hex(canonical)}`;
    const signature = createHmac('sha256', key).update(text).digest('hex');
    signed.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scopeOf(day)}, SignedHeaders=${list}, Signature=${signature}`;
    return signed;
  };
}

/** As a key object: a key given as bytes is turned into one by every single HMAC, which takes longer than the HMAC. */
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
