import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { AskingInstances, KeyOrName, Markers, mayRead, mayWrite, recordErrors } from '../records/contract.ts';

/**
 * Files of records. A file is named after its bytes, `<sha256>[.<extension>]`, and its URL is good for ever. Bytes never
 * come by here: who records a file is told how to send them to the object store, which takes no others.
 */

/** The largest object that can be sent in one request. */
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
/** It travels in a header that is signed: visible characters, single blanks. */
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
      z.describe('The `uploadUrl` under which the file was recorded; a query is overlooked.'),
    );
const Headers = () => z.record(z.string(), z.string());
const base = () => ({ instances: AskingInstances() });

export const filesContract = {
  operations: {
    recordFile: operation({
      summary:
        'Record a file, and be told how to send its bytes. Send `uploadMethod` to `uploadUrl` with `uploadHeaders` within 15 minutes; `uploadUrl` is the URL of the file from then on.',
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
            z.describe('All are signed. Browsers set `host` and `content-length` themselves, to the same values.'),
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
      summary: 'How to read a file that is not for everybody: a signed request, good for 15 minutes.',
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
      summary: 'List the files of a record that have been uploaded, ten at a time, by name.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          fileName: z.optional(FileName().check(z.describe('List what comes after this one.'))),
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
      summary: 'Change the markers of a file. Everybody may read it by its URL exactly while they say so.',
      input: () => z.object({ recordKey: KeyOrName(), fileUrl: FileUrl(), markers: Markers(), ...base() }),
      output: () => z.object({}),
      access: mayWrite,
      errors: [...recordErrors, 'unacceptable_url', 'file_not_found', 'conflict'],
      http: { method: 'PUT', path: '/api/v2/records/file' },
      procedure: { name: 'updateFile', origins: 'api' },
      runsIn: 'files',
    }),
    eraseFile: operation({
      summary: 'Erase a file, its bytes included. The same bytes in another record are another file.',
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
