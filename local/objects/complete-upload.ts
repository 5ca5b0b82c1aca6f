import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { xmlAnswer } from './answer.ts';
import type { Bucket } from './bucket.ts';
import { type Checksum, checksumElement, hasherOf } from './checksums.ts';
import { demandWritable } from './conditions.ts';
import { S3Error } from './errors.ts';
import { abortUpload } from './lifecycle.ts';
import { demandUpload, noSuchUpload } from './multipart.ts';
import { bodyOf, readText, writeBlob } from './receive.ts';
import type { Operation } from './store.ts';
import type { Part, Upload } from './uploads.ts';
import { elements, malformed, textOf, xmlDocument } from './xml.ts';

/** POST `?uploadId`: the parts that the client names, in their order, become one object. */

const MAX_DOCUMENT_BYTES = 4 * 1024 ** 2;
/** The minimum size of every part but the last. */
const MIN_PART_BYTES = 5 * 1024 ** 2;

export const completeUpload: Operation = async (store, call) => {
  const { bucket, key, caller } = call;
  const upload = demandUpload(call);
  store.permissions.demand(caller, 's3:PutObject', bucket.part.name, key);
  // A checksum in the headers of this request is that of the object, not of the XML document.
  const parts = chosenParts(bucket, upload, await readText(bodyOf(call, MAX_DOCUMENT_BYTES, null)));
  demandWritable(call, bucket.get(key));

  const blob = bucket.newBlob();
  const hasher = upload.checksum?.type === 'FULL_OBJECT' ? hasherOf(upload.checksum.algorithm) : undefined;
  async function* joined(): AsyncGenerator<Buffer> {
    for (const part of parts) {
      for await (const chunk of createReadStream(bucket.blobPath(part.blob))) {
        hasher?.update(chunk);
        yield chunk;
      }
    }
  }
  let checksum: Checksum | undefined;
  try {
    await writeBlob(bucket, blob, joined());
    checksum = hasher ? whole(upload, hasher.digest()) : composite(upload, parts);
    demandAnnounced(call.headers, checksum);
    if (!bucket.uploads.find(upload.uploadId, key)) throw noSuchUpload();
    demandWritable(call, bucket.get(key));
  } catch (error) {
    bucket.discard(blob);
    throw error;
  }
  const etag = `${md5OfAll(parts)}-${parts.length}`;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const { headers, tags } = upload;
  bucket.commit({ key, blob, size, etag, modifiedAtMs: store.nowMs(), headers, tags, ...(checksum && { checksum }) });
  abortUpload(bucket, upload.uploadId);
  store.announce({ call, key, name: 'ObjectCreated:CompleteMultipartUpload', object: { size, etag } });
  return xmlAnswer(
    xmlDocument('CompleteMultipartUploadResult', {
      Location: `http://${call.headers.host ?? ''}${call.url.split('?', 1)[0]}`,
      Bucket: bucket.part.name,
      Key: key,
      ETag: `"${etag}"`,
      ...(checksum && { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type }),
    }),
  );
};

/** @throws S3Error MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall */
function chosenParts(bucket: Bucket, upload: Upload, xml: string): Part[] {
  const kept = new Map(bucket.uploads.parts(upload.uploadId).map((part) => [part.number, part]));
  const [root = ''] = elements(xml, 'CompleteMultipartUpload');
  const named = elements(root, 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber') ?? Number.NaN),
    etag: (textOf(part, 'ETag') ?? '').replaceAll('"', ''),
    xml: part,
  }));
  if (named.length === 0) throw malformed();
  if (named.some(({ number }, position) => position > 0 && !(number > (named[position - 1]?.number ?? 0)))) {
    throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order of part number.');
  }
  const parts = named.map(({ number, etag, xml }) => {
    const part = kept.get(number);
    const checksum = part?.checksum && textOf(xml, checksumElement(part.checksum.algorithm));
    if (part?.etag === etag && (checksum === undefined || checksum === part.checksum?.value)) return part;
    const message = 'One or more of the specified parts could not be found, or its entity tag or checksum is another.';
    throw new S3Error('InvalidPart', message, { PartNumber: String(number) });
  });
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES);
  if (small) {
    const details = { PartNumber: String(small.number), ProposedSize: String(small.size) };
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', details);
  }
  return parts;
}

function md5OfAll(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part.etag, 'hex');
  return hash.digest('hex');
}

function whole({ checksum }: Upload, digest: Buffer): Checksum | undefined {
  return checksum && { algorithm: checksum.algorithm, value: digest.toString('base64'), type: 'FULL_OBJECT' };
}

/** The checksum of the parts' checksums; none if a part was copied, because that one has none. */
function composite({ checksum }: Upload, parts: readonly Part[]): Checksum | undefined {
  const values = parts.flatMap((part) => (part.checksum ? [part.checksum.value] : []));
  if (!checksum || values.length < parts.length) return undefined;
  const hasher = hasherOf(checksum.algorithm);
  for (const value of values) hasher.update(Buffer.from(value, 'base64'));
  const value = `${hasher.digest().toString('base64')}-${parts.length}`;
  return { algorithm: checksum.algorithm, value, type: 'COMPOSITE' };
}

function demandAnnounced(headers: Readonly<Record<string, string>>, checksum: Checksum | undefined): void {
  const announced = checksum && headers[`x-amz-checksum-${checksum.algorithm}`];
  if (announced === undefined || announced.replace(/-\d+$/, '') === checksum?.value.replace(/-\d+$/, '')) return;
  throw new S3Error('BadDigest', 'The checksum you specified for the whole object did not match what was computed.');
}
