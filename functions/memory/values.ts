import { createHash } from 'node:crypto';
import { valuesFolder } from '../core/env.ts';
import { type Keeping, type KeptText, keep, read } from '../core/kept-text.ts';
import type { Ports } from '../core/ports.ts';
import type { MemoryKey } from './memory-key.ts';

/**
 * Values as they are stored and sent. A value that fits a frame together with its attributes is stored in the table. A
 * larger one is a blob, and is sent as a reference: a URL of its JSON text. The URL is also in the value's place, so
 * that clients that do not know references see a text. Such clients send it back, so a URL that Chorus gave out for a
 * key stands for that key's current value.
 */

/** A post has at most 128 KB; we stay below that. */
export const maxFrameBytes = 120 * 1024;
/** The rest of the longest frame around an entry: its key escaped, user id, times, version, instance, parts. */
const wordsAround = 4 * 1024;

/** The most that value and attributes may have together to be sent whole. */
export const maxEntryBytes = maxFrameBytes - wordsAround;

/** Folder names have letters, digits, `-` and `_` only. */
const folderOf = (instanceId: string, key: string): string => {
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
  return `${valuesFolder}${hash(instanceId)}/${hash(key)}/`;
};

/** Whether a value is in the right place with these attributes: both fit a frame, or the value is a blob. */
export const fits = (kept: KeptText, attributes: string): boolean =>
  'blob' in kept || Buffer.byteLength(kept.text) + Buffer.byteLength(attributes) <= maxEntryBytes;

export interface KeptValue {
  readonly kept: KeptText;
  readonly bytes: number;
  readonly sha256?: string;
}

/** @param attributes their JSON text, which is sent along */
export async function keepValue(
  ports: Ports,
  { instanceId, key, attributes }: { readonly instanceId: string; readonly key: string; readonly attributes: string },
  text: string,
): Promise<KeptValue> {
  const bytes = Buffer.byteLength(text);
  const keeping: Keeping = {
    folder: folderOf(instanceId, key),
    maxInlineBytes: maxEntryBytes - Buffer.byteLength(attributes),
  };
  const kept = await keep(ports, text, keeping);
  return 'text' in kept ? { kept, bytes } : { kept, bytes, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Whether a value is the URL of this key's current or an earlier value. */
export function isOwnAddress(
  { blobs }: Pick<Ports, 'blobs'>,
  { instanceId, key }: { readonly instanceId: string; readonly key: string },
  value: unknown,
): boolean {
  if (typeof value !== 'string' || !value.includes(valuesFolder)) return false;
  return blobs.nameIn(value, valuesFolder)?.startsWith(folderOf(instanceId, key)) ?? false;
}

/** @returns the JSON text; undefined if it was replaced after the key was read, so that the key must be read again */
export function textOf(ports: Pick<Ports, 'blobs'>, { kept }: MemoryKey): Promise<string | undefined> {
  return read(ports, kept);
}

/** URLs are signed for an hour, and are valid no longer than our own credentials. We promise only this much. */
const promisedMs = 15 * 60_000;

/** The members of a frame, or of an entry, that hold the value: `"value":…`, and the reference if it is one. */
export function valueMembers(
  { blobs, clock }: Pick<Ports, 'blobs' | 'clock'>,
  { kept, bytes, sha256 }: MemoryKey,
): string {
  if ('text' in kept) return `"value":${kept.text}`;
  const reference = valueReference({ blobs, clock }, { name: kept.blob, size: bytes, sha256 });
  return `"value":${JSON.stringify(reference.url)},"valueRef":${JSON.stringify(reference)}`;
}

/** A reference to a value that is a blob. */
export function valueReference(
  { blobs, clock }: Pick<Ports, 'blobs' | 'clock'>,
  { name, size, sha256 }: { readonly name: string; readonly size: number; readonly sha256: string | undefined },
) {
  const expiresAt = Math.floor((clock.now() + promisedMs) / 1000);
  return { url: blobs.signRead(name), size, sha256, expiresAt };
}

/** Whether the value is too large to be sent whole. */
export const isReferred = ({ kept }: MemoryKey): boolean => 'blob' in kept;
