import { createHash } from 'node:crypto';
import type { Files } from '../core/ports.ts';
import type { AwsClient } from './aws-request.ts';
import { createSigner, sha256Hex } from './aws-signature.ts';

/**
 * The `Files` port over one S3 bucket. Signatures are in headers, so that a URL is only the object's name. It signs the
 * requests that clients send; S3 checks them, including hash and length of the bytes.
 * @param client of the bucket: its endpoint is the bucket's own address
 */
export function createFiles(client: AwsClient): Files {
  const { endpoint, region, credentials, pauses } = client.settings;
  const sign = createSigner(credentials, region, 's3');
  const base = endpoint.href.replace(/\/?$/, '/');

  /** Signs a request for a client to send. `hash` is the body's, in hexadecimal. */
  function signed(method: string, key: string, hash: string, more: Readonly<Record<string, string>> = {}) {
    const url = new URL(plain(key), base);
    const headers = { host: url.host, 'x-amz-content-sha256': hash, ...more };
    return {
      url: url.href,
      headers: sign({ method, path: url.pathname, headers, bodyHash: hash }, pauses.clock.now()),
    };
  }

  /** Sends a request of our own. */
  async function send(operation: string, method: 'PUT' | 'DELETE', target: string, body = ''): Promise<void> {
    const bodyHash = sha256Hex(body);
    const headers = {
      'x-amz-content-sha256': bodyHash,
      ...(body === '' ? {} : { 'content-md5': createHash('md5').update(body).digest('base64') }),
    };
    await client.send({ operation, method, path: `/${target}`, headers, body, bodyHash, repeatable: true });
  }

  return {
    urlOf: (key) => base + plain(key),
    keyIn(url) {
      const [address = ''] = url.split(/[?#]/, 1);
      return address.startsWith(base) ? address.slice(base.length) : undefined;
    },
    upload: (key, { sha256Hex: hash, sizeInBytes, mimeType, isPublic }) =>
      signed('PUT', key, hash, {
        'content-type': mimeType,
        'content-length': String(sizeInBytes),
        // The name contains the hash of the bytes, so they never change.
        'cache-control': 'max-age=31536000',
        ...(isPublic ? { 'x-amz-tagging': 'public=true' } : {}),
      }),
    read: (key) => signed('GET', key, sha256Hex('')),
    setPublic: (key, isPublic) => send('PutObjectTagging', 'PUT', `${plain(key)}?tagging=`, tagging(isPublic)),
    erase: (key) => send('DeleteObject', 'DELETE', plain(key)),
  };
}

/** The bucket's policy makes objects with this tag public. */
function tagging(isPublic: boolean): string {
  const tags = isPublic ? '<Tag><Key>public</Key><Value>true</Value></Tag>' : '';
  return `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${tags}</TagSet></Tagging>`;
}

/** S3 signs paths encoded once, every other service twice: for plain keys both are the same. */
function plain(key: string): string {
  if (/^[\w./-]+$/.test(key)) return key;
  throw new TypeError(`A file's key is made of letters, digits, "-", "_", "." and "/", not ${JSON.stringify(key)}.`);
}
