import { base64 } from './base64.ts';

/** Whether a key works only for signed-in users, or for everyone. */
export type KeyPolicy = 'subjectfull' | 'subjectless';

/** A record key as clients hold it: a version, two or three parts in base64 (the secret is base64 text itself, so twice). */
export interface RecordKey {
  readonly recordName: string;
  readonly secret: string;
  readonly policy: KeyPolicy;
}

export function recordKey({ recordName, secret, policy }: RecordKey): string {
  return `vRK2.${base64(recordName)}.${base64(secret)}.${policy}`;
}

/** @returns undefined for a text that is no record key, which then is a record's name */
export function parseRecordKey(text: string): RecordKey | undefined {
  const [version, name = '', secret = '', policy, ...more] = text.split('.');
  if (more.length > 0 || !isBase64(name) || !isBase64(secret)) return undefined;
  const key = { recordName: text64(name), secret: text64(secret) };
  if (version === 'vRK1' && policy === undefined) return { ...key, policy: 'subjectfull' };
  if (version === 'vRK2' && (policy === 'subjectfull' || policy === 'subjectless')) return { ...key, policy };
  return undefined;
}

const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length <= 1_024;
const text64 = (text: string): string => Buffer.from(text, 'base64').toString();
