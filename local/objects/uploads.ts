import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Checksum, ChecksumAlgorithm } from './checksums.ts';
import { readJsonFiles, writeJsonFile } from './json-files.ts';

/** Incomplete multipart uploads: a folder each, with the settings of the future object and a small file per part. */

export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly startedAtMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum['type'] };
}

export interface Part {
  readonly number: number;
  readonly blob: string;
  readonly size: number;
  /** MD5 of the part, hex. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly checksum?: Checksum;
}

export interface Uploads {
  start(upload: Omit<Upload, 'uploadId'>): Upload;
  find(uploadId: string, key: string): Upload | undefined;
  all(): Upload[];
  /** Parts of one upload, or of all, by number. */
  parts(uploadId?: string): Part[];
  /** Returns the part that it replaces, whose blob is no longer needed. */
  addPart(uploadId: string, part: Part): Part | undefined;
  remove(uploadId: string): void;
}

interface Entry {
  readonly upload: Upload;
  readonly parts: Map<number, Part>;
}

const UPLOAD_FILE = 'upload.json';

export function loadUploads(dir: string): Uploads {
  const entries = new Map<string, Entry>();
  for (const uploadId of readdirSync(dir)) {
    const files = readJsonFiles<Upload | Part>(join(dir, uploadId));
    const upload = files.find((file) => 'uploadId' in file);
    const parts = files.filter((file) => 'number' in file);
    if (upload) entries.set(uploadId, { upload, parts: new Map(parts.map((part) => [part.number, part])) });
    else rmSync(join(dir, uploadId), { recursive: true });
  }
  return {
    start(settings) {
      const upload = { ...settings, uploadId: randomUUID() };
      mkdirSync(join(dir, upload.uploadId));
      writeJsonFile(join(dir, upload.uploadId), UPLOAD_FILE, upload);
      entries.set(upload.uploadId, { upload, parts: new Map() });
      return upload;
    },
    find(uploadId, key) {
      const upload = entries.get(uploadId)?.upload;
      return upload?.key === key ? upload : undefined;
    },
    all: () => [...entries.values()].map(({ upload }) => upload),
    parts(uploadId) {
      const chosen = uploadId === undefined ? [...entries.values()] : [entries.get(uploadId)];
      return chosen.flatMap((entry) => [...(entry?.parts.values() ?? [])]).sort((a, b) => a.number - b.number);
    },
    addPart(uploadId, part) {
      const parts = entries.get(uploadId)?.parts;
      writeJsonFile(join(dir, uploadId), `${part.number}.json`, part);
      const previous = parts?.get(part.number);
      parts?.set(part.number, part);
      return previous;
    },
    remove(uploadId) {
      entries.delete(uploadId);
      rmSync(join(dir, uploadId), { recursive: true, force: true });
    },
  };
}
