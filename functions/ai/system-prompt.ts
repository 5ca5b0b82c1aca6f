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

/** A key with its value where it is needed. */
export interface Told extends Named {
  readonly bytes: number;
  value(): Promise<unknown>;
}

/** @param keys in their order */
export async function systemPrompt(keys: readonly Told[]): Promise<string> {
  const context = await contextOf(keys.filter(({ attributes }) => isContextKey(attributes)));
  const listed = keys.slice(0, maxListed).map(line);
  const rest = keys.length - listed.length;
  return [
    instruction,
    ...(context.length === 0 ? [] : ['# Current context', ...context]),
    '# Keys',
    listed.length === 0 ? 'There are none yet.' : listed.join('\n'),
    ...(rest > 0 ? [`... and ${rest} more: list_keys names them all.`] : []),
  ].join('\n\n');
}

async function contextOf(keys: readonly Told[]): Promise<string[]> {
  let room = maxContextBytes;
  const sections: string[] = [];
  for (const told of keys) {
    const fits = !isBinary(told.attributes) && told.bytes <= Math.min(room, maxInlineBytes);
    if (fits) room -= told.bytes;
    sections.push(`## ${told.key}\n${fits ? shown(await told.value()) : placeholder(told)}`);
  }
  return sections;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** Stands for a value that is not for reading, or too long. */
export function placeholder({ attributes, bytes }: Pick<Told, 'attributes' | 'bytes'>): string {
  return `[${typeOf(attributes)} of ${bytes} bytes]`;
}

function line({ key, attributes }: Named): string {
  const tags = tagsOf(attributes);
  const mark = isReadonlyForModels(attributes) ? ' (readonly)' : '';
  return `- ${key}${mark}: ${typeOf(attributes)}${tags.length === 0 ? '' : `, tags: ${tags.join(', ')}`}`;
}
