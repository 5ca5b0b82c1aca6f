import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { countOf } from '../records/counters.ts';
import { openRecord } from '../records/open-record.ts';
import type { filesContract } from './contract.ts';
import { listStored } from './file-store.ts';
import { knownFile, placeAt, placeInRecord } from './known-files.ts';
import { keyOf } from './places.ts';

type Reading = z.output<(typeof filesContract)['operations']['getFile']['input']>;
type Listing = z.output<(typeof filesContract)['operations']['listFiles']['input']>;

const pageSize = 10;

/** Signs the reading of one file. */
export async function getFile(ports: Ports, caller: Caller, { fileUrl, recordName, fileName, instances }: Reading) {
  const named = recordName ?? placeAt(ports, fileUrl ?? '').recordName;
  const record = await openRecord(ports, caller, named);
  if (!record.user && record.key?.policy !== 'subjectless') {
    throw new Failure('not_logged_in', 'You have to be signed in for this. What is public is read by its URL.');
  }
  const place =
    fileUrl === undefined
      ? { recordName: record.record.name, fileName: fileName ?? '' }
      : placeInRecord(ports, record, fileUrl);
  const { markers } = await knownFile(ports, place);
  const matter = { kind: 'file', action: 'read', markers, resourceId: place.fileName } as const;
  await authorize(ports, record, matter, instances);
  const { url, headers } = ports.files.read(keyOf(place));
  return { requestUrl: url, requestMethod: 'GET' as const, requestHeaders: { ...headers } };
}

/** Files whose bytes are there. */
export async function listFiles(ports: Ports, caller: Caller, { recordName, fileName = '', instances }: Listing) {
  const record = await openRecord(ports, caller, recordName);
  await authorize(ports, record, { kind: 'file', action: 'list', markers: [builtIn.account] }, instances);
  const { name } = record.record;
  const [files, totalCount] = await Promise.all([
    listStored(ports, name, fileName, pageSize),
    countOf(ports.table, name, 'file'),
  ]);
  return {
    recordName: name,
    files: files.map((file) => ({
      fileName: file.fileName,
      url: ports.files.urlOf(keyOf(file)),
      sizeInBytes: file.sizeInBytes,
      uploaded: true,
      markers: [...file.markers],
      ...(file.description === undefined ? {} : { description: file.description }),
    })),
    totalCount,
  };
}
