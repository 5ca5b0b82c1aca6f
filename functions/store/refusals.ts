import { Failure } from '../core/errors.ts';
import type { Issue } from './validate-field.ts';

/** Failures that several operations share. */

export function alreadyExists(bucket: string, field: string, value: unknown): Failure {
  const sentence = `The bucket ${bucket} has a record with ${field} = ${JSON.stringify(value)} already.`;
  return new Failure('already_exists', sentence, { bucket, field, value });
}

export function notFound(bucket: string, key: unknown): Failure {
  return new Failure('not_found', `The bucket ${bucket} has no record ${JSON.stringify(key)}.`, { bucket, key });
}

export function invalidRecord(bucket: string, issues: readonly Issue[]): Failure {
  const said = issues.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new Failure('unacceptable_record', `The record does not fit the bucket ${bucket}: ${said}`, { issues });
}

/** @param actual null if there is no such record */
export function otherVersion(bucket: string, key: unknown, expected: number, actual: number | null): Failure {
  const sentence = `The record ${JSON.stringify(key)} of ${bucket} is at version ${actual}, not ${expected}.`;
  return new Failure('conflict', sentence, { bucket, key, expectedVersion: expected, actualVersion: actual });
}

export function isReferenced(bucket: string, key: unknown, sourceBucket: string, sourceField: string): Failure {
  const sentence = `The record ${JSON.stringify(key)} of ${bucket} is referred to by ${sourceField} of ${sourceBucket}.`;
  return new Failure('conflict', sentence, { bucket, key, reason: 'referenced', sourceBucket, sourceField });
}

/** DynamoDB's limit for one transaction. */
export const mostWrites = 100;

export function tooManyItems(needed: number): Failure {
  const sentence = `All of it together touches ${needed} items, and a transaction may touch ${mostWrites}.`;
  return new Failure('transaction_too_large', sentence, { limit: mostWrites, needed });
}

export function noBucket(name: string): Failure {
  return new Failure('bucket_not_defined', `There is no bucket ${JSON.stringify(name.slice(0, 200))}.`);
}

export function noQuery(name: string): Failure {
  return new Failure('query_not_defined', `There is no query ${JSON.stringify(name.slice(0, 200))}.`);
}

export function nameTaken(what: 'bucket' | 'query', name: string): Failure {
  return new Failure('already_exists', `There is a ${what} ${JSON.stringify(name)} already.`);
}

export function declaredInCode(what: 'bucket' | 'query', name: string): Failure {
  const sentence = `The ${what} ${JSON.stringify(name)} is declared in code: it can only be changed there.`;
  return new Failure('not_authorized', sentence);
}

export function tooBusy(): Failure {
  return new Failure('service_unavailable', 'Too many write the same thing at the same time. Try again shortly.');
}
