import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * Jobs as they travel through the queue. Frames stand in them as texts, whose quotes JSON writes once more: what becomes too
 * large that way is mostly quotes and backslashes, and gets small again.
 */

/** What SQS takes, with room for what stands around it. */
const mostBytes = 250 * 1024;

export function packJob(job: object): string {
  const text = JSON.stringify(job);
  if (Buffer.byteLength(text) <= mostBytes) return text;
  return JSON.stringify({ packed: gzipSync(text).toString('base64') });
}

/** @param text of a job, or of anything else that is JSON */
export function unpackJob(text: string): unknown {
  const job: unknown = JSON.parse(text);
  const isPacked = typeof job === 'object' && job !== null && 'packed' in job && typeof job.packed === 'string';
  return isPacked ? JSON.parse(gunzipSync(Buffer.from(String(job.packed), 'base64')).toString()) : job;
}
