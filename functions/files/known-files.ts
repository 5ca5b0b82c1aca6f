import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenRecord } from '../records/open-record.ts';
import type { FileRow } from './file-store.ts';
import { findFile } from './file-store.ts';
import type { Place } from './places.ts';
import { placeIn } from './places.ts';

/** @throws Failure `unacceptable_url` for a URL that is not of our files */
export function placeAt({ files }: Ports, fileUrl: string): Place {
  const key = files.keyIn(fileUrl);
  const place = key === undefined ? undefined : placeIn(key);
  if (place) return place;
  throw new Failure('unacceptable_url', 'The URL is not that of a file recorded here.');
}

/** @throws Failure `unacceptable_url` for a URL that is not of this record's files */
export function placeInRecord(ports: Ports, { record }: OpenRecord, fileUrl: string): Place {
  const place = placeAt(ports, fileUrl);
  if (place.recordName === record.name) return place;
  throw new Failure('unacceptable_url', 'The URL is that of a file in another record.');
}

/** @throws Failure `file_not_found` */
export async function knownFile(ports: Ports, place: Place): Promise<FileRow> {
  const file = await findFile(ports, place);
  if (!file) throw notFound();
  return file;
}

export function notFound(): Failure {
  return new Failure('file_not_found', 'There is no such file in this record.');
}
