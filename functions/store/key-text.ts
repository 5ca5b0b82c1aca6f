import { createHash } from 'node:crypto';
import { canonical } from '../core/canonical.ts';

/** A record's key. `1` and `'1'` are different keys. */
export type RecordKey = string | number;

/**
 * Longer texts are replaced by their hash in table keys: a sort key has at most 1024 bytes, which other parts share.
 */
const maxBytes = 900;

export function isRecordKey(value: unknown): value is RecordKey {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

/**
 * A record key as part of a sort key. Numbers sort by value and before strings, strings by UTF-16 code units. The text
 * of a long key (see {@link isLongKey}) is its hash, which has no useful order.
 */
export function keyText(key: RecordKey): string {
  return typeof key === 'number' ? `n:${sortableNumber(key)}` : bounded('s', sortableText(key));
}

/** Too long to be sorted; refused where the order of keys matters. */
export function isLongKey(key: RecordKey): boolean {
  return typeof key === 'string' && Buffer.byteLength(sortableText(key)) > maxBytes;
}

/** The order of keys: numbers by value and before strings, strings by UTF-16 code units. */
export function compareKeys(one: RecordKey, other: RecordKey): number {
  if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * A field's value as part of an index key. Equal values, and no others, have equal texts. A text never contains `#`, so
 * a text followed by `#` is never a prefix of another one. Numbers sort by value. Undefined for values that no equality
 * finds: objects, arrays, absent fields.
 */
export function indexText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return `n:${sortableNumber(value)}`;
    case 'string':
      return bounded('s', sortableText(value).replaceAll('%', '%25').replaceAll('#', '%23'));
    case 'boolean':
      return `b:${value ? 1 : 0}`;
    default:
      return value === null ? 'z:' : undefined;
  }
}

/** All index texts of numbers begin with it, and the lowest number sorts first. */
export const numberIndexPrefix = 'n:';

/**
 * The text of a unique field's value, of any type. Undefined for null and absent, which any number of records may
 * share.
 */
export function uniqueText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return indexText(value) ?? `j:${sha256(canonical(value))}`;
}

/**
 * 16 hexadecimal digits that sort like the numbers they encode: the bits of the double with the sign flipped, and all
 * bits flipped below zero. `-0` is `0`.
 */
export function sortableNumber(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value === 0 ? 0 : value);
  const raw = bits.getBigUint64(0);
  const sortable = raw >> 63n ? ~raw & 0xffff_ffff_ffff_ffffn : raw | (1n << 63n);
  return sortable.toString(16).padStart(16, '0');
}

/**
 * The table sorts by UTF-8, where characters beyond U+FFFF come after U+E000 to U+FFFF; as UTF-16 code units they come
 * before. Therefore code units from the surrogates on are shifted to where UTF-8 sorts them in UTF-16 order. A lone
 * surrogate survives, too.
 */
function sortableText(text: string): string {
  return text.replaceAll(/[\ud800-\uffff]/g, (unit) => String.fromCodePoint(unit.charCodeAt(0) + 0x800));
}

function bounded(type: string, text: string): string {
  return Buffer.byteLength(text) > maxBytes ? `h:${sha256(text)}` : `${type}:${text}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
