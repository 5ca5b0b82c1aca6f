import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * Jobs as the queue carries them. They contain frames as texts, whose quotes JSON escapes again. A job that becomes too
 * large this way is mostly quotes and backslashes, and compresses well.
 */

/** SQS's limit, less some room for the envelope. */
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
