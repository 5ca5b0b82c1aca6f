import { Failure } from '../core/errors.ts';
import type { InstanceMemory } from './instance-memory.ts';
import { textOf } from './template.ts';

/**
 * A text that the request contains, or that is in a key it names; the key wins.
 * @param what name in messages, e.g. `Prompt`
 * @throws Failure `not_found`
 */
export async function givenText(
  memory: InstanceMemory,
  what: 'Prompt' | 'Template',
  { key, text }: { readonly key: string | undefined; readonly text: string | undefined },
): Promise<string | undefined> {
  return key ? textOf((await requireValue(memory, what, key)).value) : text;
}

/** @throws Failure `not_found` */
export async function requireValue(memory: InstanceMemory, what: 'Prompt' | 'Template' | 'Image', key: string) {
  const found = await memory.read(key);
  if (!found) throw new Failure('not_found', `${what} key "${key}" not found`);
  return { value: await memory.valueOf(found), attributes: found.attributes };
}
