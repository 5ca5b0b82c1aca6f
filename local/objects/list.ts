import { xmlAnswer } from './answer.ts';
import { byUtf8, type StoredObject } from './bucket.ts';
import { S3Error } from './errors.ts';
import type { Operation } from './store.ts';
import { type XmlTree, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;

/**
 * GET of a bucket with `list-type=2`: keys in the order of their UTF-8 bytes, grouped at a delimiter if one is given.
 */
export const listObjects: Operation = (store, call) => {
  const { bucket, query } = call;
  store.permissions.demand(call.caller, 's3:ListBucket', bucket.part.name);
  if (query.get('list-type') !== '2')
    throw new S3Error('NotImplemented', 'The local object store lists with list-type=2 only.');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : fromToken(token);
  const maxKeys = Math.min(MAX_KEYS, wholeNumber(query.get('max-keys') ?? String(MAX_KEYS)));
  const spell = query.get('encoding-type') === 'url' ? urlEncoded : (text: string) => text;

  const entries = fold(bucket.list(), prefix, delimiter).filter(({ name }) => after === '' || byUtf8(name, after) > 0);
  const page = entries.slice(0, maxKeys);
  const last = page.at(-1);
  const isTruncated = maxKeys > 0 && entries.length > maxKeys;
  return xmlAnswer(
    xmlDocument('ListBucketResult', {
      Name: bucket.part.name,
      Prefix: spell(prefix),
      Delimiter: delimiter === '' ? undefined : spell(delimiter),
      StartAfter: query.get('start-after'),
      MaxKeys: maxKeys,
      KeyCount: page.length,
      EncodingType: query.get('encoding-type'),
      ContinuationToken: token,
      IsTruncated: isTruncated,
      NextContinuationToken: isTruncated && last ? toToken(last.name) : undefined,
      Contents: page.flatMap(({ object }) => (object ? [contents(object, spell)] : [])),
      CommonPrefixes: page.flatMap(({ name, object }) => (object ? [] : [{ Prefix: spell(name) }])),
    }),
  );
};

interface Entry {
  readonly name: string;
  /** Absent for a common prefix. */
  readonly object?: StoredObject;
}

function fold(objects: readonly StoredObject[], prefix: string, delimiter: string): Entry[] {
  const entries: Entry[] = [];
  for (const object of objects) {
    if (!object.key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? object.key : object.key.slice(0, cut + delimiter.length);
    if (cut < 0) entries.push({ name, object });
    else if (entries.at(-1)?.name !== name) entries.push({ name });
  }
  return entries;
}

function contents(object: StoredObject, spell: (text: string) => string): XmlTree {
  return {
    Key: spell(object.key),
    LastModified: new Date(object.modifiedAtMs).toISOString(),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm.toUpperCase(),
    ChecksumType: object.checksum?.type,
    Size: object.size,
    StorageClass: 'STANDARD',
  };
}

/** HEAD of a bucket: whether it exists and may be listed. */
export const headBucket: Operation = (store, call) => {
  store.permissions.demand(call.caller, 's3:ListBucket', call.bucket.part.name);
  return { status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } };
};

function toToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function fromToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8');
  if (name === '' || toToken(name) !== token)
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  return name;
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new S3Error('InvalidArgument', `Not a whole number: ${text}`);
}

function urlEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/');
}
