import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { Allowed } from '../permissions/decide.ts';
import { authorize } from '../permissions/decide.ts';
import { authorizeMarkers } from '../permissions/marker-changes.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { openForWriting, ownerOf, publisherOf } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { filesContract } from './contract.ts';
import { erase } from './erasing.ts';
import { nameFile } from './file-names.ts';
import { awaitBytes, counts, isHeld, readRow } from './file-store.ts';
import { keyOf } from './places.ts';
import { isReadByAll } from './public-reading.ts';
import { demandRoom, demandSize } from './room-left.ts';

type Recording = z.output<(typeof filesContract)['operations']['recordFile']['input']>;

/** A request to record a file. */
interface Wish extends Recording {
  readonly record: OpenRecord;
  readonly fileName: string;
  readonly mimeType: string;
}

/** About as long as erasing bytes takes. */
const pauseMs = 50;

/** Records a file and signs its upload. A file that is still awaited keeps its first markers. */
export async function recordFile(ports: Ports, caller: Caller, input: Recording) {
  const record = await openForWriting(ports, caller, input.recordKey);
  const { fileSha256Hex: sha256Hex, fileMimeType, fileExtension } = input;
  const named = nameFile({ sha256Hex, mimeType: fileMimeType, extension: fileExtension });
  const wish = { ...input, ...named, record };
  const markers = await untilSettled(async () => {
    const answer = await announce(ports, wish);
    return answer && { answer };
  });
  return { fileName: named.fileName, ...signed(ports, wish, markers), markers: [...markers] };
}

/** @returns the file's markers; undefined after a concurrent change */
async function announce(ports: Ports, wish: Wish): Promise<readonly string[] | undefined> {
  const { record, fileName, fileByteLength, instances, fileDescription: description } = wish;
  const place = { recordName: record.record.name, fileName };
  const row = await readRow(ports, place);
  if (row?.state === 'erasing') {
    if (isHeld(ports, row)) await ports.clock.wait(pauseMs);
    else await erase(ports, row);
    return undefined;
  }
  const known = row && counts(ports, row) ? row : undefined;
  const markers = known?.markers ?? [...new Set(wish.markers ?? [builtIn.publicRead])];
  const matter = { kind: 'file', action: 'create', markers, resourceId: fileName } as const;
  const { options } = await authorize(ports, record, matter, instances);
  if (!known) await authorizeMarkers(ports, record, undefined, markers, instances);
  if (known?.state === 'stored') {
    throw new Failure('file_already_exists', 'This file has been recorded and uploaded already.', {
      existingFileUrl: ports.files.urlOf(keyOf(place)),
      existingFileName: fileName,
    });
  }
  demandOptions(wish, options);
  const owner = known?.owner ?? ownerOf(record.record);
  const room = await demandRoom(ports, owner, place, fileByteLength);
  const { subjectId } = record;
  const who = known ?? { publisherId: publisherOf(record), subjectId, description };
  const file = { ...who, ...place, sizeInBytes: fileByteLength, markers, owner };
  return (await awaitBytes(ports, file, row, room)) ? markers : undefined;
}

function signed(ports: Ports, { record, fileName, mimeType, ...wish }: Wish, markers: readonly string[]) {
  const { url, headers } = ports.files.upload(keyOf({ recordName: record.record.name, fileName }), {
    sha256Hex: wish.fileSha256Hex,
    sizeInBytes: wish.fileByteLength,
    mimeType,
    isPublic: isReadByAll(markers),
  });
  return { uploadUrl: url, uploadMethod: 'PUT' as const, uploadHeaders: { ...headers } };
}

/** Checks size and type against the options of the permission that allowed it. */
function demandOptions({ fileByteLength, mimeType }: Wish, options: Allowed['options']): void {
  const { maxFileSizeInBytes, allowedMimeTypes = true } = options;
  demandSize(fileByteLength, maxFileSizeInBytes);
  if (allowedMimeTypes === true || allowedMimeTypes.includes(mimeType)) return;
  throw new Failure('unacceptable_request', `Files of type ${mimeType} are not allowed here.`, {
    issues: [{ code: 'custom', path: ['fileMimeType'], message: 'The permission does not cover this type.' }],
  });
}
