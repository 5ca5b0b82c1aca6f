import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import { type Attributes, isBinary } from './key-rules.ts';

/** A key as templates need it. */
export interface Referred {
  readonly value: unknown;
  readonly attributes: Attributes;
}

export interface Resolving {
  readonly now: EpochMs;
  /** The key that contains the template, if any, because a template is not inserted into itself. */
  readonly within?: readonly string[];
  /** Undefined if the key does not exist. */
  find(key: string): Promise<Referred | undefined>;
}

/**
 * Blanks around a name are trimmed afterwards, because a pattern that also matches them backtracks on long runs of
 * blanks.
 */
const reference = /\{\{([^{}]*)\}\}/g;
/** Of all texts that are read. Limited, because a few nested templates can produce a text of any length. */
const maxBytes = 1024 * 1024;
const maxReferences = 2_000;

/**
 * Replaces each `{{key}}` by that key's value: texts as they are, everything else as JSON. `{{$date}}` and `{{$time}}`
 * are the current ones in UTC. References to missing keys, images and files stay unchanged. A key that is itself a
 * template is resolved too, except inside itself; other values are inserted unresolved.
 * @throws Failure `too_large`
 */
export async function resolveTemplate(template: string, { now, within: outer = [], find }: Resolving): Promise<string> {
  const known = new Map<string, Promise<Referred | undefined>>();
  let references = 0;
  let bytes = 0;

  function found(key: string): Promise<Referred | undefined> {
    const finding = known.get(key) ?? find(key);
    known.set(key, finding);
    return finding;
  }

  function count(text: string): void {
    bytes += Buffer.byteLength(text);
    if (references <= maxReferences && bytes <= maxBytes) return;
    throw new Failure(
      'too_large',
      `A template has at most ${maxReferences} references and ${maxBytes} bytes, those of templates in it included.`,
    );
  }

  async function resolved(text: string, within: readonly string[]): Promise<string> {
    const parts: string[] = [];
    let at = 0;
    for (const match of text.matchAll(reference)) {
      parts.push(text.slice(at, match.index), (await meant((match[1] ?? '').trim(), within)) ?? match[0]);
      at = match.index + match[0].length;
    }
    return [...parts, text.slice(at)].join('');
  }

  async function meant(key: string, within: readonly string[]): Promise<string | undefined> {
    if (key === '$date') return new Date(now).toISOString().slice(0, 10);
    if (key === '$time') return new Date(now).toISOString().slice(11, 19);
    if (within.includes(key)) return undefined;
    const referred = await found(key);
    if (!referred || isBinary(referred.attributes)) return undefined;
    const text = textOf(referred.value);
    references += 1;
    count(text);
    return referred.attributes.template === true ? resolved(text, [...within, key]) : text;
  }

  count(template);
  return resolved(template, outer);
}

/** A value as text: texts unchanged, everything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
