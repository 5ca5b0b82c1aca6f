import { createHash } from 'node:crypto';
import { messagesFolder } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { keys } from '../core/keys.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { maxValueBytes } from './change.ts';
import { checkName } from './memory-key.ts';

/**
 * Values that are too large for a request. The client uploads the JSON to the object store itself, and then sets the
 * key with the id of the upload. The object stays for a day, so that the client may repeat that.
 */

/** How long the client may upload. */
const openMs = 15 * 60_000;
const keptMs = 24 * 3_600_000;

export interface WantedUpload {
  readonly instanceId: string;
  readonly key: string;
  readonly by: UserId;
  /** Of the JSON. */
  readonly size: number;
  readonly sha256: string | undefined;
}

const blobOf = (id: string): string => `${messagesFolder}values/${id}`;

/** @throws Failure `invalid_memory_key`, `value_too_large` */
export async function openUpload(ports: Ports, wanted: WantedUpload) {
  checkName(wanted.key);
  if (wanted.size > maxValueBytes)
    throw new Failure(
      'value_too_large',
      `A value has at most ${maxValueBytes} bytes of JSON, and this one ${wanted.size}.`,
    );
  const uploadId = ports.ids.uuid();
  const now = ports.clock.now();
  await ports.table.put({ ...keys.upload(uploadId), ...wanted, ttl: Math.ceil((now + keptMs) / 1000) });
  return {
    uploadId,
    url: ports.blobs.signUpload(blobOf(uploadId), wanted.size),
    method: 'PUT' as const,
    headers: { 'content-type': 'application/json', 'x-amz-acl': 'bucket-owner-full-control' },
    expiresAt: Math.floor((now + openMs) / 1000),
  };
}

/**
 * The uploaded value.
 * @throws Failure `not_found` for an upload that does not exist, is for another key, or has not been uploaded;
 * `unacceptable_request` if it is not what was announced, or no JSON
 */
export async function readUploaded(
  ports: Ports,
  { uploadId, instanceId, key }: { readonly uploadId: string; readonly instanceId: string; readonly key: string },
): Promise<unknown> {
  const item = await ports.table.get(keys.upload(uploadId));
  const isThis = item && item.instanceId === instanceId && item.key === key;
  const text = isThis ? await ports.blobs.get(blobOf(uploadId), Number(item.size)) : undefined;
  if (!isThis || text === undefined) throw new Failure('not_found', 'Upload not found');
  const bytes = Buffer.byteLength(text);
  if (bytes !== item.size) throw wrong(`It was to have ${item.size} bytes, and has ${bytes}.`);
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (typeof item.sha256 === 'string' && item.sha256.toLowerCase() !== sha256)
    throw wrong('Its SHA-256 is another one.');
  try {
    return parseJson(text);
  } catch {
    throw wrong('It is no JSON, or nested too deeply.');
  }
}

const wrong = (why: string) => new Failure('unacceptable_request', `The upload is not what was announced. ${why}`);
