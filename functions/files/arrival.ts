import { Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { erase, eraseLeftover } from './erasing.ts';
import { confirm, isHeld, readRow } from './file-store.ts';
import type { Place } from './places.ts';
import { placeIn } from './places.ts';
import { followMarkers } from './public-reading.ts';

/** An object that was uploaded to the store. */
export interface Arrival {
  readonly place: Place;
  readonly sizeInBytes: number;
}

/** The uploads in a notification of the bucket; none in the test message that S3 sends to a new queue. */
export function arrivalsIn(message: string): Arrival[] {
  const notification = parseJson(message);
  const records = isObject(notification) && Array.isArray(notification.Records) ? notification.Records : [];
  // S3's documented form; keys are form-encoded in it.
  return records.flatMap(
    ({ s3 }: { readonly s3: { readonly object: { readonly key: string; readonly size: number } } }) => {
      const place = placeIn(decodeURIComponent(s3.object.key.replaceAll('+', ' ')));
      return place ? [{ place, sizeInBytes: s3.object.size }] : [];
    },
  );
}

/**
 * Notes that a file was uploaded, so that it is listed. A late upload with an old signature may have made its URL
 * public again, so the URL is set once more by the markers. Bytes whose row was erased meanwhile are erased too. May be
 * repeated.
 */
export async function noteArrival(ports: Ports, arrival: Arrival): Promise<void> {
  const { place, sizeInBytes } = arrival;
  const row = await readRow(ports, place);
  if (!row) return eraseLeftover(ports, place);
  if (isHeld(ports, row)) {
    throw new Failure('service_unavailable', 'The file is being erased: whether these bytes went too is seen later.');
  }
  if (row.state === 'erasing') {
    await erase(ports, row);
  } else if (row.state === 'awaited' && !(await confirm(ports, row, sizeInBytes))) {
    await noteArrival(ports, arrival);
  } else {
    await followMarkers(ports, place);
  }
}
