import { createHash } from 'node:crypto';
import { valuesFolder } from '../core/env.ts';
import { type Keeping, type KeptText, keep, read } from '../core/kept-text.ts';
import type { Ports } from '../core/ports.ts';
import type { MemoryKey } from './memory-key.ts';

/**
 * Values as they are kept and as they travel. What fits a frame together with its attributes is kept in the table; anything
 * larger is a blob, and travels as a reference: an address where its JSON text is to be had, in the value's place too, so that
 * clients that know nothing of references see a text. Such clients send it back: an address that we have given out for a key
 * means its value, whatever that is by now.
 */

/** A post ends at 128 KB; we keep to less. */
export const maxFrameBytes = 120 * 1024;
/** The words of the longest frame around an entry: its key escaped, user id, times, version, instance, parts. */
const wordsAround = 4 * 1024;

/** What an entry may have, value and attributes together, to travel whole. */
export const maxEntryBytes = maxFrameBytes - wordsAround;

/** Folders are made of letters, digits, `-` and `_` only. */
const folderOf = (instanceId: string, key: string): string => {
  const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
  return `${valuesFolder}${hash(instanceId)}/${hash(key)}/`;
};

/** Whether a value is, with these attributes, in the right place: a frame may hold both, or the value is elsewhere. */
export const fits = (kept: KeptText, attributes: string): boolean =>
  'blob' in kept || Buffer.byteLength(kept.text) + Buffer.byteLength(attributes) <= maxEntryBytes;

export interface KeptValue {
  readonly kept: KeptText;
  readonly bytes: number;
  readonly sha256?: string;
}

/** @param attributes their JSON text, which travels along */
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

/** Whether a value is the address of this key's value, today's or an earlier one's. */
export function isOwnAddress(
  { blobs }: Pick<Ports, 'blobs'>,
  { instanceId, key }: { readonly instanceId: string; readonly key: string },
  value: unknown,
): boolean {
  if (typeof value !== 'string' || !value.includes(valuesFolder)) return false;
  return blobs.nameIn(value, valuesFolder)?.startsWith(folderOf(instanceId, key)) ?? false;
}

/** @returns the JSON text; undefined when it has been replaced since the key was read: read that again */
export function textOf(ports: Pick<Ports, 'blobs'>, { kept }: MemoryKey): Promise<string | undefined> {
  return read(ports, kept);
}

/** Addresses are signed for an hour, and hold no longer than our own credentials; this much is promised. */
const promisedMs = 15 * 60_000;

/** The members of a frame, or of an entry, that are the value: `"value":…`, and its reference where it is one. */
export function valueMembers(
  { blobs, clock }: Pick<Ports, 'blobs' | 'clock'>,
  { kept, bytes, sha256 }: MemoryKey,
): string {
  if ('text' in kept) return `"value":${kept.text}`;
  const reference = valueReference({ blobs, clock }, { name: kept.blob, size: bytes, sha256 });
  return `"value":${JSON.stringify(reference.url)},"valueRef":${JSON.stringify(reference)}`;
}

/** Where a value is to be had that is kept as a blob. */
export function valueReference(
  { blobs, clock }: Pick<Ports, 'blobs' | 'clock'>,
  { name, size, sha256 }: { readonly name: string; readonly size: number; readonly sha256: string | undefined },
) {
  const expiresAt = Math.floor((clock.now() + promisedMs) / 1000);
  return { url: blobs.signRead(name), size, sha256, expiresAt };
}

/** Whether the value is too large to travel whole. */
export const isReferred = ({ kept }: MemoryKey): boolean => 'blob' in kept;
