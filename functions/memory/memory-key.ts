import { Failure } from '../core/errors.ts';
import type { KeptText } from '../core/kept-text.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Attributes } from './attributes.ts';

/** A named value of an instance, as it stands. */
export interface MemoryKey {
  readonly key: string;
  /** Where the JSON text of the value is. */
  readonly kept: KeptText;
  /** Of that text in UTF-8. */
  readonly bytes: number;
  /** Of the same bytes, in hexadecimal; only of what is kept as a blob. */
  readonly sha256?: string;
  readonly attributes: Attributes;
  /** Nobody has said whether it is read-only: it is not, but newer clients' tags may keep models from it. */
  readonly isReadonlyUnsaid?: boolean;
  readonly version: number;
  readonly updatedAt: EpochMs;
  readonly updatedBy: UserId;
}

/** A key that is not there: since when, by whom, and with which version it went. All 0 for one that never was. */
export interface Gone {
  readonly key: string;
  readonly isGone: true;
  readonly version: number;
  readonly updatedAt: EpochMs;
  readonly updatedBy: UserId;
}

export type KeyState = MemoryKey | Gone;

export const isGone = (state: KeyState): state is Gone => 'isGone' in state;

const maxNameBytes = 512;
/** Templates know these. */
const reserved: readonly string[] = ['$date', '$time'];

const fits = (bytes: number): boolean => bytes > 0 && bytes <= maxNameBytes;

/** Whether a key may be called that. The table keeps no half of a surrogate pair: two such names would be one there. */
export const isName = (key: string): boolean =>
  fits(Buffer.byteLength(key)) && key.isWellFormed() && !reserved.includes(key);

/** @throws Failure `invalid_memory_key` */
export function checkName(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (!fits(bytes))
    throw new Failure('invalid_memory_key', `A key has 1 to ${maxNameBytes} bytes of UTF-8, and this one ${bytes}.`);
  if (!key.isWellFormed())
    throw new Failure('invalid_memory_key', 'A key has no half of a surrogate pair in its name.');
  if (reserved.includes(key)) throw new Failure('invalid_memory_key', `The key ${key} is reserved for templates.`);
}
