import { xmlAnswer } from './answer.ts';
import { amzHeader } from './call.ts';
import { algorithmNamed, type Checksum, checksumElement } from './checksums.ts';
import { copyBlob, copySource } from './copy.ts';
import { S3Error } from './errors.ts';
import { abortUpload } from './lifecycle.ts';
import { wholeNumber } from './list.ts';
import { settingsOf } from './object-settings.ts';
import { checksumAnswer, demandWrite } from './put.ts';
import { readRange } from './range.ts';
import { bodyOf, MAX_OBJECT_BYTES, receiveBlob } from './receive.ts';
import type { AuthenticatedCall, Operation } from './store.ts';
import type { Part, Upload } from './uploads.ts';
import { xmlDocument } from './xml.ts';

/** Multipart uploads without their completion (see `complete-upload.ts`). */

const MAX_PARTS = 10_000;

/** POST `?uploads`: settings and permission are those of the future object. */
export const createUpload: Operation = (store, call) => {
  const { bucket, key } = call;
  const settings = settingsOf(call);
  demandWrite(store, call, settings);
  const checksum = announcedChecksum(call);
  const upload = bucket.uploads.start({ key, startedAtMs: store.nowMs(), ...settings, ...(checksum && { checksum }) });
  const answer = { Bucket: bucket.part.name, Key: key, UploadId: upload.uploadId };
  return xmlAnswer(xmlDocument('InitiateMultipartUploadResult', answer), {
    ...(checksum && {
      'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(),
      'x-amz-checksum-type': checksum.type,
    }),
  });
};

function announcedChecksum(call: AuthenticatedCall): Upload['checksum'] | undefined {
  const name = amzHeader(call, 'x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const type = amzHeader(call, 'x-amz-checksum-type') ?? 'COMPOSITE';
  const algorithm = algorithmNamed(name);
  const isFull = type === 'FULL_OBJECT';
  if ((!isFull && type !== 'COMPOSITE') || (isFull && algorithm.startsWith('sha'))) {
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  return { algorithm, type: isFull ? 'FULL_OBJECT' : 'COMPOSITE' };
}

/** PUT `?partNumber&uploadId`; a repeated part replaces the earlier one. */
export const uploadPart: Operation = async (store, call) => {
  const { bucket, key, caller } = call;
  const upload = demandUpload(call);
  const number = partNumber(call);
  store.permissions.demand(caller, 's3:PutObject', bucket.part.name, key);
  const { blob, size, md5, checksum } = await receiveBlob(bucket, bodyOf(call, MAX_OBJECT_BYTES));
  if (upload.checksum && checksum?.algorithm !== upload.checksum.algorithm) {
    bucket.discard(blob);
    const sent = checksum?.algorithm ?? 'null';
    throw new S3Error(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm}, actual checksum Type: ${sent}`,
    );
  }
  keepPart(call, { number, blob, size, etag: md5, modifiedAtMs: store.nowMs(), ...(checksum && { checksum }) });
  return { status: 200, headers: { etag: `"${md5}"`, ...checksumAnswer(checksum) } };
};

/** The same with `x-amz-copy-source`, the whole object or a range of it. */
export const uploadPartCopy: Operation = async (store, call) => {
  const { bucket, key, caller } = call;
  demandUpload(call);
  const number = partNumber(call);
  store.permissions.demand(caller, 's3:PutObject', bucket.part.name, key);
  const source = copySource(store, call);
  const asked = call.headers['x-amz-copy-source-range'];
  const range = asked === undefined ? { start: 0, length: source.object.size } : readRange(asked, source.object.size);
  if (!range)
    throw new S3Error('InvalidArgument', 'The x-amz-copy-source-range value must be of the form bytes=first-last');
  const { blob, md5 } = await copyBlob(source.bucket, source.object, bucket, range.start, range.length);
  const modifiedAtMs = store.nowMs();
  keepPart(call, { number, blob, size: range.length, etag: md5, modifiedAtMs });
  const result = { LastModified: new Date(modifiedAtMs).toISOString(), ETag: `"${md5}"` };
  return xmlAnswer(xmlDocument('CopyPartResult', result));
};

/** An upload that was aborted while the part arrived does not accept it. */
function keepPart(call: AuthenticatedCall, part: Part): void {
  const { bucket } = call;
  if (!bucket.uploads.find(call.query.get('uploadId') ?? '', call.key)) {
    bucket.discard(part.blob);
    throw noSuchUpload();
  }
  const replaced = bucket.uploads.addPart(call.query.get('uploadId') ?? '', part);
  if (replaced) bucket.discard(replaced.blob);
}

/** DELETE `?uploadId` */
export const abortMultipart: Operation = (store, call) => {
  store.permissions.demand(call.caller, 's3:AbortMultipartUpload', call.bucket.part.name, call.key);
  abortUpload(call.bucket, demandUpload(call).uploadId);
  return { status: 204 };
};

/** GET `?uploadId` */
export const listParts: Operation = (store, call) => {
  const { bucket, key, caller, query } = call;
  store.permissions.demand(caller, 's3:ListMultipartUploadParts', bucket.part.name, key);
  const { uploadId } = demandUpload(call);
  const after = wholeNumber(query.get('part-number-marker') || '0');
  const max = Math.min(1000, wholeNumber(query.get('max-parts') ?? '1000'));
  const parts = bucket.uploads.parts(uploadId).filter(({ number }) => number > after);
  const page = parts.slice(0, max);
  return xmlAnswer(
    xmlDocument('ListPartsResult', {
      Bucket: bucket.part.name,
      Key: key,
      UploadId: uploadId,
      PartNumberMarker: after,
      NextPartNumberMarker: page.at(-1)?.number,
      MaxParts: max,
      IsTruncated: parts.length > page.length,
      Part: page.map((part) => ({
        PartNumber: part.number,
        LastModified: new Date(part.modifiedAtMs).toISOString(),
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...(part.checksum && partChecksum(part.checksum)),
      })),
    }),
  );
};

/** GET of a bucket with `?uploads` */
export const listUploads: Operation = (store, call) => {
  const { bucket } = call;
  store.permissions.demand(call.caller, 's3:ListBucketMultipartUploads', bucket.part.name);
  const prefix = call.query.get('prefix') ?? '';
  const uploads = bucket.uploads.all().filter(({ key }) => key.startsWith(prefix));
  return xmlAnswer(
    xmlDocument('ListMultipartUploadsResult', {
      Bucket: bucket.part.name,
      Prefix: prefix,
      IsTruncated: false,
      Upload: uploads.map(({ key, uploadId, startedAtMs }) => ({
        Key: key,
        UploadId: uploadId,
        Initiated: new Date(startedAtMs).toISOString(),
      })),
    }),
  );
};

function partChecksum({ algorithm, value }: Checksum): Record<string, string> {
  return { [checksumElement(algorithm)]: value };
}

/** @throws S3Error NoSuchUpload */
export function demandUpload(call: AuthenticatedCall): Upload {
  const upload = call.bucket.uploads.find(call.query.get('uploadId') ?? '', call.key);
  if (!upload) throw noSuchUpload();
  return upload;
}

export function noSuchUpload(): S3Error {
  return new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}

function partNumber(call: AuthenticatedCall): number {
  const number = wholeNumber(call.query.get('partNumber') ?? '');
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`);
}
