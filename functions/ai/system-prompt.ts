import { maxDepth } from '../core/json.ts';
import type { MemoryKey } from '../memory/memory-key.ts';
import { fitting } from './fitting.ts';
import type { InstanceMemory, Listed, Outline } from './instance-memory.ts';
import { isBinary, isContextKey, isReadonlyForModels, type Named, tagsOf, typeOf } from './key-rules.ts';

/** The system prompt, which describes an instance to the model. Built anew for each request. */

const instruction = `You are an assistant with a shared memory: an instance whose keys you can read, write and delete with your tools.
When the user tells you something that belongs into an existing key, save it there, under the exact name of that key.
Do not make up a new key that nearly has the name of an existing one.`;

/** A longer value is replaced by a placeholder; the model can read the key with a tool. */
const maxShownBytes = 16 * 1024;
/** The least that JSON adds to a text. No value is shorter as JSON than as it is shown. */
const quoteBytes = 2;
/** Limit of all values with headings, to leave room for the conversation. */
const maxContextBytes = 128 * 1024;
/** With more names, the model has to use `list_keys`. */
const maxListed = 2_000;
/** With their tags. */
const maxListedBytes = 128 * 1024;

type ReadValue = InstanceMemory['valueOf'];

export async function systemPrompt(memory: Listed, readValue: ReadValue): Promise<string> {
  const { outlines } = memory;
  const context = await contextOf(memory, readValue);
  const listed = fitting(outlines.slice(0, maxListed).map(line), maxListedBytes);
  const rest = outlines.length - listed.length;
  return [
    instruction,
    ...(context.length === 0 ? [] : ['# Current context', ...context]),
    '# Keys',
    listed.length === 0 ? 'There are none yet.' : listed.join('\n'),
    ...(rest > 0 ? [`... and ${rest} more: list_keys names those with a tag.`] : []),
  ].join('\n\n');
}

/** Reads only the values that may be shown, in one batch. */
async function contextOf({ outlines, keysOf }: Listed, readValue: ReadValue): Promise<string[]> {
  const context = outlines.filter(({ attributes }) => isContextKey(attributes));
  const inline = await keysOf(namesInline(context));
  const found = new Map(inline.map((key) => [key.key, key]));
  const sections: string[] = [];
  let room = maxContextBytes;
  for (const [at, outline] of context.entries()) {
    const heading = `## ${outline.key}\n`;
    const left = room - Buffer.byteLength(heading);
    const section = heading + (await told(outline, found.get(outline.key), { readValue, room: left }));
    room -= Buffer.byteLength(section);
    if (room < 0) return [...sections, `... and ${context.length - at} more: read_key shows them.`];
    sections.push(section);
  }
  return sections;
}

/** The keys to read. Only when a value has been read is it known how long it is as shown. */
function namesInline(context: readonly Outline[]): ReadonlySet<string> {
  let room = maxContextBytes;
  const names = new Set<string>();
  for (const outline of context) {
    if (!mayBeShown(outline) || outline.bytes - quoteBytes > room) continue;
    room -= outline.bytes - quoteBytes;
    names.add(outline.key);
  }
  return names;
}

const mayBeShown = ({ attributes, bytes }: Omit<Outline, 'key'>): boolean =>
  !isBinary(attributes) && bytes - quoteBytes <= maxShownBytes;

interface Telling {
  readonly readValue: ReadValue;
  /** In bytes. */
  readonly room: number;
}

/** Shows a key, which may have been deleted or grown since it was listed. */
async function told(outline: Outline, found: MemoryKey | undefined, { readValue, room }: Telling): Promise<string> {
  if (!found || !mayBeShown(found)) return placeholder(found ?? outline);
  const value = await readValue(found);
  const text = value === undefined ? undefined : shown(value);
  const isShort = text !== undefined && Buffer.byteLength(text) <= Math.min(room, maxShownBytes);
  return isShort ? text : placeholder(found);
}

/**
 * Texts as they are, everything else as indented JSON. Each level of nesting adds two blanks to each line, so that a short value
 * can become very long.
 * @returns undefined for a value nested deeper than `maxDepth`, which may have been written before there was that limit
 */
function shown(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isNestedWithin(value, maxDepth) ? JSON.stringify(value, null, 2) : undefined;
}

function isNestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((one) => isNestedWithin(one, levels - 1));
}

/** Replaces a value that is binary or too long. */
export function placeholder({ attributes, bytes }: Omit<Outline, 'key'>): string {
  return `[${typeOf(attributes)} of ${bytes} bytes]`;
}

function line({ key, attributes }: Named): string {
  const tags = tagsOf(attributes);
  const mark = isReadonlyForModels(attributes) ? ' (readonly)' : '';
  return `- ${key}${mark}: ${typeOf(attributes)}${tags.length === 0 ? '' : `, tags: ${tags.join(', ')}`}`;
}
