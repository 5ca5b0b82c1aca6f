import { Failure } from '../core/errors.ts';
import { HttpOutput } from '../core/http-output.ts';
import type { Ports } from '../core/ports.ts';
import { inOrder } from './attributes.ts';
import { type EntryJson, namedEntry } from './frames.ts';
import { readMemoryHead } from './head-store.ts';
import type { RowOutline } from './row-store.ts';
import { survey } from './survey.ts';

/** Keys per page, by default. */
const usualLimit = 1_000;
/** A page ends before the answer would be too large. */
const maxPageBytes = 3 * 1024 * 1024;
/** Bytes of each entry besides its value and attributes, and bytes of a reference. */
const entryBytes = 256;
const referenceBytes = 4 * 1024;

export interface Page {
  /** `"name":{…}` each, in order. */
  readonly entries: readonly string[];
  readonly version: number;
  readonly next?: string;
}

/**
 * An answer with keys in order, and other members. It is text, because an object puts names that look like numbers
 * first.
 */
export function keysInOrder<Rest extends object>(entries: readonly string[], rest: Rest) {
  const keys = `{${entries.join()}}`;
  const members = Object.entries(rest).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = `{${[`"keys":${keys}`, ...members].join()}}`;
  const output = { keys: JSON.parse(keys) as Record<string, EntryJson>, ...rest }; // written by `namedEntry`
  return new HttpOutput(output, { text, headers: { 'Content-Type': 'application/json; charset=utf-8' } });
}

/** @throws Failure `unacceptable_request` for an invalid cursor */
export async function listPage(
  ports: Ports,
  instanceId: string,
  { limit = usualLimit, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<Page> {
  const { outlines, rowsOf } = await survey(ports, instanceId, await readMemoryHead(ports, instanceId));
  // The head is read again, so that keys that were cleared meanwhile are not listed.
  const { cleared } = await readMemoryHead(ports, instanceId);
  const version = outlines.reduce((highest, one) => Math.max(highest, one.version), cleared);
  const present = inOrder(outlines.filter((one) => !one.isDeleted && one.version > cleared));
  const from = cursor === undefined ? 0 : placeAfter(present, cursor);
  const page = fitting(present.slice(from, from + limit));
  const rows = await rowsOf(page);
  const entries = rows.flatMap(({ entry, version }) => (entry && version > cleared ? namedEntry(ports, entry) : []));
  const last = page.at(-1);
  const more = from + page.length < present.length && last ? { next: cursorAt(last) } : {};
  return { entries, version, ...more };
}

function fitting(outlines: readonly RowOutline[]): RowOutline[] {
  let bytes = 0;
  const end = outlines.findIndex((one) => {
    bytes += one.bytes + entryBytes + (one.isBlob ? referenceBytes : 0);
    return bytes > maxPageBytes;
  });
  return outlines.slice(0, end === -1 ? outlines.length : Math.max(1, end));
}

const zIndexOf = ({ attributes: { zIndex } }: RowOutline) => (typeof zIndex === 'number' ? zIndex : 0);

const cursorAt = (one: RowOutline): string =>
  Buffer.from(JSON.stringify([zIndexOf(one), one.key])).toString('base64url');

/** Where the list continues: after the cursor's place, whether or not its key still exists. */
function placeAfter(present: readonly RowOutline[], cursor: string): number {
  const [zIndex, key] = readCursor(cursor);
  const at = present.findIndex((one) => zIndexOf(one) > zIndex || (zIndexOf(one) === zIndex && one.key > key));
  return at === -1 ? present.length : at;
}

function readCursor(cursor: string): readonly [number, string] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && typeof place[0] === 'number' && typeof place[1] === 'string')
      return [place[0], place[1]];
  } catch {
    // It is refused below.
  }
  throw new Failure('unacceptable_request', 'The cursor is not one that an earlier answer gave as `next`.');
}
