import type { MemoryKey } from '../memory/memory-key.ts';
import { fitting } from './fitting.ts';
import type { InstanceMemory, Listed, Outline } from './instance-memory.ts';
import { isBinary, isContextKey, isReadonlyForModels, type Named, tagsOf, typeOf } from './key-rules.ts';

/** What a model is told of an instance before the conversation begins. Made anew for each request. */

const instruction = `You are an assistant with a shared memory: an instance whose keys you can read, write and delete with your tools.
When the user tells you something that belongs into an existing key, save it there, under the exact name of that key.
Do not make up a new key that nearly has the name of an existing one.`;

/** A longer value, the quotes of a text not counted, is a placeholder: the model may read the key. */
const maxInlineBytes = 16 * 1024 + 2;
/** All of them together: a conversation has to fit as well. */
const maxContextBytes = 128 * 1024;
/** More names than this are left for `list_keys`. */
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

/** Only values that are shown are read, and these together. */
async function contextOf({ outlines, keysOf }: Listed, readValue: ReadValue): Promise<string[]> {
  const context = outlines.filter(({ attributes }) => isContextKey(attributes));
  const inline = await keysOf(namesInline(context));
  const found = new Map(inline.map((key) => [key.key, key]));
  const sections: string[] = [];
  for (const outline of context) {
    sections.push(`## ${outline.key}\n${await told(outline, found.get(outline.key), readValue)}`);
  }
  return sections;
}

function namesInline(context: readonly Outline[]): ReadonlySet<string> {
  let room = maxContextBytes;
  const names = new Set<string>();
  for (const outline of context) {
    if (!isInline(outline, room)) continue;
    room -= outline.bytes;
    names.add(outline.key);
  }
  return names;
}

const isInline = ({ attributes, bytes }: Omit<Outline, 'key'>, room: number): boolean =>
  !isBinary(attributes) && bytes <= Math.min(room, maxInlineBytes);

/** A key may have gone, or grown, since it was listed. */
async function told(outline: Outline, found: MemoryKey | undefined, readValue: ReadValue): Promise<string> {
  if (!found || !isInline(found, maxInlineBytes)) return placeholder(found ?? outline);
  const value = await readValue(found);
  return value === undefined ? placeholder(found) : shown(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** Stands for a value that is not for reading, or too long. */
export function placeholder({ attributes, bytes }: Omit<Outline, 'key'>): string {
  return `[${typeOf(attributes)} of ${bytes} bytes]`;
}

function line({ key, attributes }: Named): string {
  const tags = tagsOf(attributes);
  const mark = isReadonlyForModels(attributes) ? ' (readonly)' : '';
  return `- ${key}${mark}: ${typeOf(attributes)}${tags.length === 0 ? '' : `, tags: ${tags.join(', ')}`}`;
}
