import type { BucketPart } from '../parts.ts';
import type { Bucket } from './bucket.ts';

/**
 * Expires objects and incomplete uploads by the bucket's lifecycle rules. AWS rounds up to the next midnight; here an
 * object expires as soon as its days are over.
 */

const DAY_MS = 24 * 3600 * 1000;

interface Rule {
  readonly prefix: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly expireAfterMs: number | undefined;
  readonly expireAtMs: number | undefined;
  readonly abortAfterMs: number | undefined;
}

/** Removes everything that has expired; returns the keys of the removed objects. */
export function expire(bucket: Bucket, nowMs: number): string[] {
  const rules = rulesOf(bucket.part);
  const due = bucket
    .list()
    .filter((object) =>
      rules.some(
        (rule) =>
          object.key.startsWith(rule.prefix) &&
          rule.tags.every(([key, value]) => object.tags[key] === value) &&
          ((rule.expireAfterMs !== undefined && nowMs >= object.modifiedAtMs + rule.expireAfterMs) ||
            (rule.expireAtMs !== undefined && nowMs >= rule.expireAtMs)),
      ),
    );
  for (const { key } of due) bucket.remove(key);
  for (const upload of bucket.uploads.all()) {
    const isOver = (rule: Rule) => rule.abortAfterMs !== undefined && nowMs >= upload.startedAtMs + rule.abortAfterMs;
    if (rules.some((rule) => upload.key.startsWith(rule.prefix) && isOver(rule))) abortUpload(bucket, upload.uploadId);
  }
  return due.map(({ key }) => key);
}

/** Removes a multipart upload and its parts. */
export function abortUpload(bucket: Bucket, uploadId: string): void {
  const parts = bucket.uploads.parts(uploadId);
  bucket.uploads.remove(uploadId);
  for (const { blob } of parts) bucket.discard(blob);
}

/** The rules as the template writes them. */
function rulesOf(part: BucketPart): Rule[] {
  return part.lifecycle
    .filter((rule) => rule.Status === 'Enabled')
    .map((rule) => ({
      prefix: typeof rule.Prefix === 'string' ? rule.Prefix : '',
      tags: records(rule.TagFilters).map((tag) => [String(tag.Key), String(tag.Value)] as const),
      expireAfterMs: days(rule.ExpirationInDays),
      expireAtMs: rule.ExpirationDate === undefined ? undefined : Date.parse(String(rule.ExpirationDate)),
      abortAfterMs: days(records([rule.AbortIncompleteMultipartUpload])[0]?.DaysAfterInitiation),
    }));
}

function days(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value) * DAY_MS;
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
