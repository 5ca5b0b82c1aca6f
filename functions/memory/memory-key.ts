import { Failure } from '../core/errors.ts';
import type { KeptText } from '../core/kept-text.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Attributes } from './attributes.ts';

/** A named value of an instance, in its current state. */
export interface MemoryKey {
  readonly key: string;
  /** Where the JSON text of the value is. */
  readonly kept: KeptText;
  /** The size of that text in UTF-8. */
  readonly bytes: number;
  /** The hash of the same bytes, in hexadecimal; only for values that are blobs. */
  readonly sha256?: string;
  readonly attributes: Attributes;
  /** No writer has said whether it is read-only: it is not, but tags of newer clients may forbid models to write it. */
  readonly isReadonlyUnsaid?: boolean;
  readonly version: number;
  readonly updatedAt: EpochMs;
  readonly updatedBy: UserId;
}

/** A key that does not exist: when, by whom and with which version it was deleted. 0 or empty if it never existed. */
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
/** Names that templates use themselves. */
const reserved: readonly string[] = ['$date', '$time'];

const fits = (bytes: number): boolean => bytes > 0 && bytes <= maxNameBytes;

/**
 * Whether a key may have this name. The table does not keep lone surrogates, so two such names would be the same there.
 */
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
