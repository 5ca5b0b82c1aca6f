import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BucketPart } from '../parts.ts';
import type { Checksum } from './checksums.ts';
import { readJsonFiles, writeJsonFile } from './json-files.ts';
import { loadUploads, type Uploads } from './uploads.ts';

/**
 * One bucket on disk. `blobs/` holds contents under random names; `objects/` holds one small file per key that names
 * its blob. An object changes when that file is written (a new one renamed over the old). So a reader, and a process
 * killed at any point, see the old object or the new one, never a part. Blobs that no file names are removed at start.
 */

export interface StoredObject {
  readonly key: string;
  /** Name of the file in `blobs/`. */
  readonly blob: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  /** The headers of a GET's answer: `content-type`, `cache-control` …, `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly checksum?: Checksum;
}

export interface Bucket {
  readonly part: BucketPart;
  readonly uploads: Uploads;
  get(key: string): StoredObject | undefined;
  /** All objects, by the UTF-8 bytes of their keys. */
  list(): StoredObject[];
  /** Makes the object visible, in one step and without yielding, so a check just before still holds. */
  commit(object: StoredObject): void;
  /** False if there was none. */
  remove(key: string): boolean;
  newBlob(): string;
  blobPath(blob: string): string;
  /** Removes a blob; readers that have it open can finish. */
  discard(blob: string): void;
}

/** @throws Error naming a metadata file that cannot be read */
export function openBucket(part: BucketPart, dir: string): Bucket {
  const folder = (name: string) => {
    const path = join(dir, part.name, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const blobs = folder('blobs');
  const metadata = folder('objects');
  const uploads = loadUploads(folder('uploads'));
  const index = new Map<string, StoredObject>();
  for (const object of readJsonFiles<StoredObject>(metadata)) index.set(object.key, object);

  const used = new Set([...index.values(), ...uploads.parts()].map(({ blob }) => blob));
  for (const blob of readdirSync(blobs)) if (!used.has(blob)) rmSync(join(blobs, blob), { force: true });

  const fileOf = (key: string) => `${createHash('sha256').update(key).digest('hex')}.json`;
  const blobPath = (blob: string) => join(blobs, blob);
  const discard = (blob: string) => rmSync(blobPath(blob), { force: true });

  return {
    part,
    uploads,
    get: (key) => index.get(key),
    list: () => [...index.values()].sort((a, b) => byUtf8(a.key, b.key)),
    commit(object) {
      writeJsonFile(metadata, fileOf(object.key), object);
      const previous = index.get(object.key);
      index.set(object.key, object);
      if (previous && previous.blob !== object.blob) discard(previous.blob);
    },
    remove(key) {
      const object = index.get(key);
      if (!object) return false;
      unlinkSync(join(metadata, fileOf(key)));
      index.delete(key);
      discard(object.blob);
      return true;
    },
    newBlob: () => randomUUID(),
    blobPath,
    discard,
  };
}

export function byUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
