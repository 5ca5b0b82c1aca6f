import { amzHeader, amzHeaders, type Call } from './call.ts';
import { S3Error } from './errors.ts';
import { elements, malformed, textOf } from './xml.ts';

/** The settings of an object in an upload: headers, user metadata, tags. */
export interface ObjectSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Standard headers that are stored with an object. */
export const keptHeaders = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

const DEFAULT_TYPE = 'binary/octet-stream';
const MAX_METADATA_BYTES = 2048;
const MAX_TAGS = 10;

export function settingsOf(call: Call): ObjectSettings {
  const header = (name: string) => (name.startsWith('x-amz-') ? amzHeader(call, name) : call.headers[name]);
  return readSettings(header, amzHeaders(call, 'x-amz-meta-'), parseTagging(header('x-amz-tagging') ?? ''));
}

/** From headers, or from the fields of a POST form. @throws S3Error MetadataTooLarge, AccessControlListNotSupported */
export function readSettings(
  header: (name: string) => string | undefined,
  metadata: readonly (readonly [string, string])[],
  tags: Readonly<Record<string, string>>,
): ObjectSettings {
  const acl = header('x-amz-acl') ?? header('acl');
  // The owner owns every object of a bucket without access control lists; this header says the same.
  if (acl !== undefined && acl !== 'bucket-owner-full-control') {
    throw new S3Error('AccessControlListNotSupported', 'The bucket does not allow ACLs');
  }
  const metadataBytes = metadata.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name + value) - 'x-amz-meta-'.length,
    0,
  );
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
  }
  const kept = keptHeaders.flatMap((name) => {
    const value = name === 'content-encoding' ? withoutChunking(header(name)) : header(name);
    return value ? [[name, value] as const] : [];
  });
  const headers = Object.fromEntries([['content-type', DEFAULT_TYPE], ...kept, ...metadata]);
  for (const value of Object.values(headers)) demandHeaderText(value);
  return { headers, tags };
}

/** `aws-chunked` describes the transfer, not the object. */
function withoutChunking(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'aws-chunked')
    .join(',');
}

/** @throws S3Error InvalidArgument for a text that is invalid in an HTTP header */
export function demandHeaderText(value: string): void {
  if (!/[^\t\x20-\x7e\x80-\xff]/.test(value)) return;
  throw new S3Error('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.');
}

/** `a=1&b=2`, form-encoded. @throws S3Error InvalidTag */
export function parseTagging(text: string): Readonly<Record<string, string>> {
  return checkedTags([...new URLSearchParams(text)]);
}

/** `<Tagging><TagSet><Tag><Key>…`. @throws S3Error InvalidTag, MalformedXML */
export function parseTagSet(xml: string): Readonly<Record<string, string>> {
  if (elements(xml, 'TagSet').length !== 1) throw malformed();
  const tags = elements(xml, 'Tag').map((tag): [string, string] => [
    textOf(tag, 'Key') ?? '',
    textOf(tag, 'Value') ?? '',
  ]);
  return checkedTags(tags);
}

function checkedTags(tags: readonly [string, string][]): Readonly<Record<string, string>> {
  if (tags.length > MAX_TAGS) throw new S3Error('BadRequest', 'Object tags cannot be greater than 10');
  if (new Set(tags.map(([key]) => key)).size < tags.length)
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
  for (const [key, value] of tags) {
    if (key === '' || key.length > 128) throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid');
  }
  return Object.fromEntries(tags);
}
