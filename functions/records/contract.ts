import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';

/** Records: named containers, each owned by one user or one studio, and the keys that open them. */

// Shared by the inputs of all capabilities that keep data in records.

/** In characters. */
export const longestName = 128;

export const RecordName = () =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'a record name has at least one character'),
      z.maxLength(longestName, `a record name has at most ${longestName} characters`),
    );

/** A record's name, or a key that opens it. */
export const KeyOrName = () =>
  z.string().check(z.minLength(1), z.maxLength(2_048), z.describe('A record key (vRK2.…), or the name of a record.'));

const Instance = () => z.string().check(z.minLength(1), z.maxLength(128));
const Instances = () => z.array(Instance()).check(z.minLength(1), z.maxLength(3));

/** Insts that act for the user; in a query they are separated by commas. */
export const AskingInstances = () =>
  z.optional(
    z
      .pipe(
        z.transform((given: unknown) => (typeof given === 'string' ? given.split(',') : given)),
        Instances(),
      )
      .check(z.describe('Up to three insts that act for the user; the server authorizes each of them too.')),
  );

export const Marker = () => z.string().check(z.minLength(1), z.maxLength(100));
export const Markers = () =>
  z.array(Marker()).check(z.minLength(1), z.maxLength(10), z.describe('Labels that decide access.'));

/** Address of an item in a record: up to 512 characters, and short enough for DynamoDB's sort key (1,024 bytes). */
export const Address = () =>
  z.string().check(
    z.minLength(1),
    z.maxLength(512),
    z.refine((text: string) => Buffer.byteLength(text) <= 1_000, 'an address has at most 1,000 bytes of UTF-8'),
  );

export const TimeMs = () => z.int().check(z.describe('Milliseconds since 1970.'));

/** Errors that any operation on a record may answer. */
export const recordErrors = [
  'not_logged_in',
  'not_authorized',
  'record_not_found',
  'invalid_record_key',
  'unacceptable_session_key',
  'invalid_key',
  'session_expired',
  'user_is_banned',
] as const;

/** Record keys and markers give access too. So the door admits everyone, and the capability authorizes. */
export const mayRead = { caller: 'anyone', scope: 'read' } as const;
export const mayWrite = { caller: 'anyone', scope: 'write' } as const;
export const signedInRead = { caller: 'user', scope: 'read' } as const;
export const signedInWrite = { caller: 'user', scope: 'write' } as const;
export const signedInAdmin = { caller: 'user', scope: 'admin' } as const;

const Id = () => z.string().check(z.minLength(1), z.maxLength(256));

export const recordsContract = {
  operations: {
    createRecord: operation({
      summary: 'Create a record. Record names are unique across all users: the first to create one owns it.',
      input: () =>
        z.object({
          recordName: RecordName(),
          ownerId: z.optional(Id().check(z.describe('Must be the caller, unless `studioId` is given.'))),
          studioId: z.optional(Id().check(z.describe('A studio that the caller administers.'))),
        }),
      output: () => z.object({}),
      access: signedInWrite,
      errors: [...recordErrors, 'record_already_exists', 'subscription_limit_reached'],
      http: { method: 'POST', path: '/api/v2/records' },
      procedure: { name: 'createRecord', origins: 'self' },
    }),
    listRecords: operation({
      summary: 'List the caller’s records, those of a studio, or, for superusers, those of any user.',
      input: () => z.object({ studioId: z.optional(Id()), userId: z.optional(Id()) }),
      output: () =>
        z.object({
          records: z.array(
            z.object({ name: RecordName(), ownerId: z.nullable(z.string()), studioId: z.nullable(z.string()) }),
          ),
        }),
      access: { ...signedInRead, own: { field: 'userId', roles: ['superUser', 'system'], refusal: 'not_authorized' } },
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/list' },
      procedure: { name: 'listRecords', origins: 'self' },
    }),
    createRecordKey: operation({
      summary:
        'Create a key that gives access to a record: for signed-in users (subjectfull), or for everyone (subjectless).',
      input: () =>
        z.object({
          recordName: RecordName(),
          policy: z.optional(z.string().check(z.describe('`subjectfull` (default) or `subjectless`.'))),
        }),
      output: () => z.object({ recordKey: z.string(), recordName: z.string() }),
      // A record key outlives the API key that asked for it.
      access: signedInAdmin,
      errors: [...recordErrors, 'invalid_policy', 'unauthorized_to_create_record_key', 'subscription_limit_reached'],
      errorReasons: {
        not_logged_in: 'not_logged_in',
        not_authorized: 'not_authorized',
        invalid_policy: 'invalid_policy',
        unauthorized_to_create_record_key: 'record_owned_by_different_user',
      },
      http: { method: 'POST', path: '/api/v2/records/key' },
      procedure: { name: 'createRecordKey', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
