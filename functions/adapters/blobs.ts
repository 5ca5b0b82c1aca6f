import { messagesFolder, type SharedFolder, valuesFolder } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Blobs } from '../core/ports.ts';
import { AwsError } from './aws-error.ts';
import type { AwsClient, AwsRequest } from './aws-request.ts';
import { createPresigner, sha256Hex } from './aws-signature.ts';

/** An hour. */
const validSeconds = 3600;
const json = 'application/json';

/**
 * The `Blobs` port over one S3 bucket. Presigned URLs have their signature in the query, because clients cannot add
 * headers to these requests.
 * @param client of the bucket: its endpoint is the bucket's own address
 */
export function createBlobs(client: AwsClient): Blobs {
  const { endpoint, region, credentials, pauses } = client.settings;
  const presign = createPresigner(credentials, region, 's3');
  const base = endpoint.href.replace(/\/?$/, '/');

  const send = (
    operation: string,
    method: AwsRequest['method'],
    name: string,
    { body = '', headers = {} }: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) => {
    const bodyHash = sha256Hex(body);
    const path = `/${plain(name)}`;
    const signed = { 'x-amz-content-sha256': bodyHash, ...headers };
    return client.send({ operation, method, path, headers: signed, body, bodyHash, repeatable: true });
  };

  return {
    async put(name, body) {
      await send('PutObject', 'PUT', name, { body, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    },
    async get(name, atMostBytes) {
      // Requests one byte more than allowed: if the answer has it, its headers say how many bytes there are.
      const headers = atMostBytes === undefined ? {} : { range: `bytes=0-${atMostBytes}` };
      try {
        const { body, headers: about } = await send('GetObject', 'GET', name, { headers });
        const size = Number(/\/(\d+)$/.exec(about['content-range'] ?? '')?.[1] ?? 0);
        if (size <= (atMostBytes ?? size)) return body;
        throw new Failure('too_large', `The blob has ${size} bytes, and at most ${atMostBytes} are read.`);
      } catch (error) {
        if (error instanceof AwsError && error.code === 'NoSuchKey') return undefined;
        // S3 answers so for an empty blob, which has no first byte.
        if (error instanceof AwsError && error.code === 'InvalidRange') return '';
        throw error;
      }
    },
    async delete(name) {
      await send('DeleteObject', 'DELETE', name);
    },
    signUpload: (name, bytes) =>
      presign(
        {
          method: 'PUT',
          url: new URL(passed(name, [messagesFolder]), base),
          headers: {
            'content-type': json,
            'x-amz-acl': 'bucket-owner-full-control',
            ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
          },
          query: {},
          validSeconds,
        },
        pauses.clock.now(),
      ),
    signRead: (name) =>
      presign(
        {
          method: 'GET',
          url: new URL(passed(name, [messagesFolder, valuesFolder]), base),
          headers: {},
          query: { 'response-content-type': json },
          validSeconds,
        },
        pauses.clock.now(),
      ),
    nameIn(url, folder = messagesFolder) {
      const [address = ''] = url.split(/[?#]/, 1);
      if (!address.startsWith(base)) return undefined;
      const name = address.slice(base.length);
      return isIn([folder], name) ? name : undefined;
    },
  };
}

/** S3 signs paths encoded once, every other service twice: for plain names both are the same. */
function plain(name: string): string {
  if (isPlain(name)) return name;
  throw new TypeError(`A blob's name is made of letters, digits, "-", "_" and "/", not ${JSON.stringify(name)}.`);
}

/** Only blobs in these folders may be shared with clients. */
function passed(name: string, folders: readonly SharedFolder[]): string {
  if (isIn(folders, name)) return name;
  throw new TypeError(
    `Only blobs in ${folders.join(' or ')} are put or fetched by others, not ${JSON.stringify(name)}.`,
  );
}

const isPlain = (name: string) => /^[\w/-]+$/.test(name);
const isIn = (folders: readonly SharedFolder[], name: string) =>
  folders.some((folder) => name.startsWith(folder)) && isPlain(name);
