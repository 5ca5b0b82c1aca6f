import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { AskingInstances, KeyOrName, Markers, mayRead, mayWrite, recordErrors } from '../records/contract.ts';

/**
 * Files of records. A file is named after its bytes, `<sha256>[.<extension>]`, and its URL never changes. The bytes do
 * not pass through this server: the answer to `recordFile` says how to upload them to the object store, which accepts
 * only these bytes.
 */

/** The largest object that S3 accepts in one PUT. */
const maxFileBytes = 5 * 1024 ** 3;
const anyHash = 'a'.repeat(64);

const Sha256 = () =>
  z
    .string()
    .check(
      z.regex(/^[0-9a-fA-F]{64}$/, 'a SHA-256 has 64 hexadecimal digits'),
      z.toLowerCase(),
      z.describe('SHA-256 of the bytes, hexadecimal.'),
    );
/** It travels in a signed header, so only visible characters and single blanks are allowed. */
const MimeType = () =>
  z
    .string()
    .check(
      z.maxLength(128),
      z.regex(/^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(; ?[!-~]+)*$/, 'a MIME type looks like image/png'),
    );
const Extension = () =>
  z
    .string()
    .check(
      z.maxLength(64),
      z.regex(/^\.[A-Za-z0-9][A-Za-z0-9.-]*$/, 'an extension looks like .png or .tar.gz'),
      z.toLowerCase(),
    );
const FileName = () => z.string().check(z.minLength(1), z.maxLength(256));
const FileUrl = () =>
  z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(2_048),
      z.describe('The `uploadUrl` that `recordFile` answered with; the server ignores its query.'),
    );
const Headers = () => z.record(z.string(), z.string());
const base = () => ({ instances: AskingInstances() });

export const filesContract = {
  operations: {
    recordFile: operation({
      summary:
        'Record a file and get a signed upload request. Send the bytes with `uploadMethod` and `uploadHeaders` to `uploadUrl` within 15 minutes; `uploadUrl` is the file’s URL from then on.',
      input: () =>
        z
          .object({
            recordKey: KeyOrName(),
            fileSha256Hex: Sha256(),
            fileByteLength: z.int().check(z.positive(), z.maximum(maxFileBytes)),
            fileMimeType: z.optional(MimeType()),
            fileExtension: z.optional(Extension()),
            fileDescription: z.optional(z.string().check(z.maxLength(128))),
            markers: z.optional(Markers()),
            ...base(),
          })
          .check(
            z.meta({
              examples: [
                { recordKey: 'record', fileSha256Hex: anyHash, fileByteLength: 5, fileMimeType: 'text/plain' },
              ],
            }),
            z.refine(({ fileMimeType, fileExtension }) => fileMimeType !== undefined || fileExtension !== undefined, {
              error: 'a file has a MIME type or an extension',
              path: ['fileMimeType'],
            }),
          ),
      output: () =>
        z.object({
          fileName: FileName(),
          uploadUrl: z.string(),
          uploadMethod: z.literal('PUT'),
          uploadHeaders: Headers().check(
            z.describe(
              'All of them are signed. Browsers set `host` and `content-length` by themselves, with the same values.',
            ),
          ),
          markers: Markers(),
        }),
      access: mayWrite,
      errors: [...recordErrors, 'file_already_exists', 'subscription_limit_reached', 'conflict'],
      http: { method: 'POST', path: '/api/v2/records/file' },
      procedure: { name: 'recordFile', origins: 'api' },
      runsIn: 'files',
    }),
    getFile: operation({
      summary: 'Get a signed request that reads a non-public file. It is valid for 15 minutes.',
      input: () =>
        z
          .object({
            fileUrl: z.optional(FileUrl()),
            recordName: z.optional(KeyOrName()),
            fileName: z.optional(FileName()),
            ...base(),
          })
          .check(
            z.meta({ examples: [{ recordName: 'record', fileName: anyHash }] }),
            z.refine(
              ({ fileUrl, recordName, fileName }) =>
                fileUrl === undefined ? recordName !== undefined && fileName !== undefined : fileName === undefined,
              { error: 'a file is named by fileUrl, or by recordName and fileName', path: ['fileUrl'] },
            ),
          ),
      output: () => z.object({ requestUrl: z.string(), requestMethod: z.literal('GET'), requestHeaders: Headers() }),
      access: mayRead,
      errors: [...recordErrors, 'unacceptable_url', 'file_not_found'],
      http: { method: 'GET', path: '/api/v2/records/file' },
      procedure: { name: 'getFile', origins: 'api' },
      runsIn: 'files',
    }),
    listFiles: operation({
      summary: 'List the uploaded files of a record, ten at a time, in the order of their names.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          fileName: z.optional(FileName().check(z.describe('Continue the list after this file.'))),
          ...base(),
        }),
      output: () =>
        z.object({
          recordName: z.string(),
          files: z.array(
            z.object({
              fileName: FileName(),
              url: z.string(),
              sizeInBytes: z.int(),
              uploaded: z.boolean(),
              markers: Markers(),
              description: z.optional(z.string()),
            }),
          ),
          totalCount: z.int(),
        }),
      access: mayRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/file/list' },
      procedure: { name: 'listFiles', origins: 'api' },
      runsIn: 'files',
    }),
    updateFile: operation({
      summary: 'Change the markers of a file. While they make it public, everyone may read it by its URL.',
      input: () => z.object({ recordKey: KeyOrName(), fileUrl: FileUrl(), markers: Markers(), ...base() }),
      output: () => z.object({}),
      access: mayWrite,
      errors: [...recordErrors, 'unacceptable_url', 'file_not_found', 'conflict'],
      http: { method: 'PUT', path: '/api/v2/records/file' },
      procedure: { name: 'updateFile', origins: 'api' },
      runsIn: 'files',
    }),
    eraseFile: operation({
      summary: 'Erase a file and its bytes. A file with the same bytes in another record is not affected.',
      input: () => z.object({ recordKey: KeyOrName(), fileUrl: FileUrl(), ...base() }),
      output: () => z.object({ recordName: z.string(), fileName: FileName() }),
      access: mayWrite,
      errors: [...recordErrors, 'unacceptable_url', 'file_not_found', 'conflict'],
      http: { method: 'DELETE', path: '/api/v2/records/file' },
      procedure: { name: 'eraseFile', origins: 'api' },
      runsIn: 'files',
    }),
  },
  pushes: {},
} as const satisfies Contract;
