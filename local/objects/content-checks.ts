import { amzHeader, amzHeaders, type Call } from './call.ts';
import {
  algorithmNamed,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  demandWellFormed,
  type Hasher,
} from './checksums.ts';
import { S3Error } from './errors.ts';

/** The checksum that a client declares, and its verification. */

export interface WantedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64 from the header; undefined if it comes as a trailer. */
  readonly value?: string;
}

/**
 * A presigner puts the checksum of an empty body into the URL unless configured otherwise. S3-compatible stores then
 * refuse the real body. So does this one: it reads the value from the query, too.
 */
export function wantedChecksum(call: Call): WantedChecksum | null {
  const trailer = call.headers['x-amz-trailer'];
  const sent = amzHeaders(call, 'x-amz-checksum-').filter(
    ([name]) => !['x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-checksum-mode'].includes(name),
  );
  if (new Set(sent.map(([name]) => name)).size + (trailer === undefined ? 0 : 1) > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  if (trailer !== undefined) {
    return {
      algorithm: algorithmNamed(
        trailer
          .trim()
          .toLowerCase()
          .replace(/^x-amz-checksum-/, ''),
      ),
    };
  }
  const [first] = sent;
  if (!first) {
    if (amzHeader(call, 'x-amz-sdk-checksum-algorithm') === undefined) return null;
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  const algorithm = algorithmNamed(first[0].replace(/^x-amz-checksum-/, ''));
  const value = amzHeader(call, checksumHeader(algorithm)) ?? '';
  demandWellFormed(algorithm, value);
  return { algorithm, value };
}

export function verifiedChecksum(
  wanted: WantedChecksum,
  hasher: Hasher,
  trailers: ReadonlyMap<string, string>,
): Checksum {
  const { algorithm } = wanted;
  const value = wanted.value ?? trailers.get(checksumHeader(algorithm));
  if (value === undefined) {
    throw new S3Error(
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  }
  demandWellFormed(algorithm, value);
  if (hasher.digest().toString('base64') !== value) {
    throw new S3Error(
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  }
  return { algorithm, value, type: 'FULL_OBJECT' };
}

export function demandMd5(announced: string | undefined, actual: Buffer): void {
  if (announced === undefined) return;
  const expected = Buffer.from(announced, 'base64');
  if (expected.length !== 16) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  if (!expected.equals(actual)) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}
