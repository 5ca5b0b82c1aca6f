import { open } from 'node:fs/promises';
import { isHash } from '../sigv4.ts';
import { decodeChunked } from './aws-chunked.ts';
import type { Bucket } from './bucket.ts';
import type { Call } from './call.ts';
import { type Checksum, hasherOf } from './checksums.ts';
import { demandMd5, verifiedChecksum, type WantedChecksum, wantedChecksum } from './content-checks.ts';
import { S3Error } from './errors.ts';

/**
 * Reads the body of a request as a stream and verifies everything that the client declared about it: length,
 * `Content-MD5`, `x-amz-content-sha256`, and one `x-amz-checksum-…` from header, presigned query or trailer.
 */

/** The maximum size of one PUT, POST or part. */
export const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
const TRAILER_PAYLOAD = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

export interface Received {
  readonly size: number;
  /** MD5, hex. */
  readonly md5: string;
  /** The client's checksum, after verification. */
  readonly checksum?: Checksum;
}

export interface Body {
  /** Must be read to its end; a refusal may come with any chunk. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Available once the chunks are read. @throws S3Error BadDigest, XAmzContentSHA256Mismatch, IncompleteBody … */
  finish(): Received;
}

/** @throws S3Error for invalid declarations, before a byte of the body is read */
export function bodyOf(call: Call, maxBytes: number, wanted: WantedChecksum | null = wantedChecksum(call)): Body {
  const payload = call.headers['x-amz-content-sha256'] ?? call.query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD';
  const isChunked = payload === TRAILER_PAYLOAD;
  const announcedBytes = announcedLength(call, isChunked);
  if (announcedBytes !== undefined && announcedBytes > maxBytes) throw tooLarge(maxBytes);
  if (!isChunked && payload !== 'UNSIGNED-PAYLOAD' && !isHash(payload)) {
    const known = payload.startsWith('STREAMING-');
    throw known
      ? new S3Error('NotImplemented', `The local object store does not take signed chunks (${payload}).`)
      : new S3Error(
          'InvalidArgument',
          'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.',
        );
  }
  const md5 = hasherOf('md5');
  const sha256 = isHash(payload) ? hasherOf('sha256') : undefined;
  const own = wanted && hasherOf(wanted.algorithm);
  const trailers = new Map<string, string>();
  let size = 0;

  async function* counted(): AsyncGenerator<Buffer> {
    // Ending the loop early must not close the connection, because the refusal is still to be sent on it.
    const raw = call.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>; // no encoding was set
    for await (const chunk of isChunked ? decodeChunked(raw, trailers) : raw) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      for (const hasher of [md5, sha256, own]) hasher?.update(chunk);
      yield chunk;
    }
  }

  return {
    chunks: counted(),
    finish() {
      if (announcedBytes !== undefined && size !== announcedBytes) {
        throw new S3Error(
          'IncompleteBody',
          'You did not provide the number of bytes specified by the Content-Length HTTP header',
        );
      }
      const digest = md5.digest();
      demandMd5(call.headers['content-md5'], digest);
      if (sha256 && sha256.digest().toString('hex') !== payload.toLowerCase()) {
        throw new S3Error(
          'XAmzContentSHA256Mismatch',
          "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
      }
      const checksum = wanted && own && verifiedChecksum(wanted, own, trailers);
      return { size, md5: digest.toString('hex'), ...(checksum && { checksum }) };
    },
  };
}

/** Reads a small document, e.g. XML, completely. */
export async function readText(body: Body): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  body.finish();
  return Buffer.concat(chunks).toString('utf8');
}

/** Writes the body into a new blob of the bucket; a refused body leaves none. */
export async function receiveBlob(bucket: Bucket, body: Body): Promise<Received & { readonly blob: string }> {
  const blob = bucket.newBlob();
  try {
    await writeBlob(bucket, blob, body.chunks);
    return { ...body.finish(), blob };
  } catch (error) {
    bucket.discard(blob);
    throw error;
  }
}

export async function writeBlob(bucket: Bucket, blob: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  await using file = await open(bucket.blobPath(blob), 'w');
  for await (const chunk of chunks) await file.writeFile(chunk);
}

/** The length of the content in bytes, without framing. Only chunked SDK uploads may omit it. */
function announcedLength(call: Call, isChunked: boolean): number | undefined {
  const text = call.headers[isChunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (text === undefined && !isChunked && call.headers['transfer-encoding'] !== undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', `Not a length: ${text}`);
  return Number(text);
}

function tooLarge(maxBytes: number): S3Error {
  const details = { MaxSizeAllowed: String(maxBytes) };
  return new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', details);
}
