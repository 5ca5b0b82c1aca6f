import type { Blobs } from '../core/ports.ts';
import { AwsError } from './aws-error.ts';
import type { AwsClient, AwsRequest } from './aws-request.ts';
import { sha256Hex } from './aws-signature.ts';

/** The `Blobs` port over S3, in path style. */
export function createBlobs(client: AwsClient, bucket: string): Blobs {
  const send = (operation: string, method: AwsRequest['method'], name: string, body = '') => {
    const bodyHash = sha256Hex(body);
    return client.send({
      operation,
      method,
      path: `/${bucket}/${plain(name)}`,
      headers: {
        'x-amz-content-sha256': bodyHash,
        ...(method === 'PUT' ? { 'content-type': 'text/plain; charset=utf-8' } : {}),
      },
      body,
      bodyHash,
      repeatable: true,
    });
  };
  return {
    async put(name, text) {
      await send('PutObject', 'PUT', name, text);
    },
    async get(name) {
      try {
        return (await send('GetObject', 'GET', name)).body;
      } catch (error) {
        if (error instanceof AwsError && error.code === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async delete(name) {
      await send('DeleteObject', 'DELETE', name);
    },
  };
}

/** S3 signs paths encoded once, every other service twice: of such names both are the same. */
function plain(name: string): string {
  if (/^[\w/-]+$/.test(name)) return name;
  throw new TypeError(`A blob's name is made of letters, digits, "-", "_" and "/", not ${JSON.stringify(name)}.`);
}
