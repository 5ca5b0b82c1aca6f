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
  /** The key that the template stands in, if it does: it does not go into itself. */
  readonly within?: readonly string[];
  /** Undefined where there is no such key. */
  find(key: string): Promise<Referred | undefined>;
}

/** Blanks around a name are taken off afterwards: a pattern that also sorts them out tries all ways to share a long run of them. */
const reference = /\{\{([^{}]*)\}\}/g;
/** Templates may refer to templates many times over: a few of them are enough for any length. */
const maxBytes = 1024 * 1024;
const maxReferences = 2_000;

/**
 * The text with each `{{key}}` replaced by that key's value: texts as they are, everything else as JSON. `{{$date}}` and
 * `{{$time}}` are now, in UTC. What refers to no key, or to an image or a file, stays as it is written. A key that is itself
 * a template is resolved too, but within itself; other values are not looked into.
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
    bytes += text.length;
    if (references > maxReferences || bytes > maxBytes) {
      throw new Failure(
        'too_large',
        `A template has at most ${maxReferences} references and ${maxBytes} characters, those of templates in it included.`,
      );
    }
    return referred.attributes.template === true ? resolved(text, [...within, key]) : text;
  }

  return resolved(template, outer);
}

/** A value as a text: a text is one already. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
