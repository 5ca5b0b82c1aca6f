import type { ToolSet } from 'ai';
import * as z from 'zod/mini';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { fitting } from './fitting.ts';
import type { InstanceMemory } from './instance-memory.ts';
import { type Attributes, isBinary, isReadonlyForModels, isSystemPromptKey, tagsOf, typeOf } from './key-rules.ts';
import { placeholder } from './system-prompt.ts';

export type Mode = 'edit' | 'use';

/** Limited, because a longer value would leave no room for the conversation. */
const maxReadBytes = 256 * 1024;
/** Limit of binary values: enough for a URL, but not for an image. */
const maxBinaryBytes = 1024;

const Key = () => z.string().check(z.describe('The exact name of the key.'));

/**
 * The tools with which a model works on an instance. Each call reads the current keys; of several calls in one step,
 * each sees the effects of earlier ones. A refusal is returned as the tool's result, so that the model can react to it.
 */
export function toolsOver({ log }: Pick<Ports, 'log'>, memory: InstanceMemory, mode: Mode): ToolSet {
  let before: Promise<unknown> = Promise.resolve();
  const answered = (work: () => Promise<Result>) => {
    const result = before.then(() => resultOf(work, log));
    before = result;
    return result;
  };
  return {
    read_key: {
      description: 'Read a key: its value, type and tags, and whether it is read-only.',
      inputSchema: z.object({ key: Key() }),
      execute: ({ key }: { key: string }) =>
        answered(async () => {
          const found = await memory.read(key);
          if (!found) return notFound(key);
          const { attributes, bytes } = found;
          const isTooMuch = bytes > (isBinary(attributes) ? maxBinaryBytes : maxReadBytes);
          const value = isTooMuch ? placeholder(found) : await memory.valueOf(found);
          return {
            key,
            value,
            type: typeOf(attributes),
            tags: tagsOf(attributes),
            readonly: isReadonlyForModels(attributes),
          };
        }),
    },
    write_key: {
      description: 'Write a key, which need not exist yet. Use the exact name of an existing key where one fits.',
      inputSchema: z.object({
        key: Key(),
        value: z.unknown().check(z.describe('Any JSON value.')),
        type: z.optional(z.enum(['text', 'json'])),
        tags: z.optional(z.array(z.string())),
      }),
      execute: ({ key, value = null, type, tags }: { key: string; value?: unknown; type?: string; tags?: string[] }) =>
        answered(async () => {
          const found = await memory.read(key);
          const refusal = found && refused(mode, key, found.attributes, 'modified');
          if (refusal) return refusal;
          await memory.write(key, value, {
            ...(type ? { type } : {}),
            ...(tags ? tagged(tags, found?.attributes) : {}),
          });
          return { success: true, key, value };
        }),
    },
    delete_key: {
      description: 'Delete a key.',
      inputSchema: z.object({ key: Key() }),
      execute: ({ key }: { key: string }) =>
        answered(async () => {
          const found = await memory.read(key);
          if (!found) return notFound(key);
          const refusal = refused(mode, key, found.attributes, 'deleted');
          if (refusal) return refusal;
          await memory.remove(key);
          return { success: true, key };
        }),
    },
    list_keys: {
      description: 'List all keys, or those with a tag.',
      inputSchema: z.object({ tag: z.optional(z.string()) }),
      execute: ({ tag }: { tag?: string }) =>
        answered(async () => {
          const { outlines } = await memory.list();
          const all = outlines.map(({ key, attributes }) => ({
            key,
            type: typeOf(attributes),
            tags: tagsOf(attributes),
            readonly: isReadonlyForModels(attributes),
          }));
          const wanted = tag === undefined ? all : all.filter(({ tags }) => tags.includes(tag));
          const keys = fitting(wanted, maxReadBytes);
          const rest = wanted.length - keys.length;
          return { keys, ...(rest > 0 ? { more: `${rest} more: ask for those with a tag.` } : {}) };
        }),
    },
  };
}

type Result = Readonly<Record<string, unknown>>;

/** Turns refusals by the instance into results too. Internal errors are only logged. */
async function resultOf(work: () => Promise<Result>, log: Ports['log']): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Failure) return { error: thrown.message };
    log.error('a tool of a model failed', thrown);
    return { error: 'The instance cannot be reached at the moment.' };
  }
}

function refused(mode: Mode, key: string, attributes: Attributes, what: 'modified' | 'deleted'): Result | undefined {
  if (mode === 'edit') return undefined;
  const isPrompt = isSystemPromptKey(attributes);
  // For a prompt that only its tags protect from models, being a prompt decides.
  const said = isPrompt ? { readonly: false, ...attributes } : attributes;
  if (isReadonlyForModels(said)) return { error: `Key "${key}" is readonly` };
  if (!isPrompt) return undefined;
  return { error: `Key "${key}" is a system prompt key and cannot be ${what} in use mode` };
}

function notFound(key: string): Result {
  return { error: `Key "${key}" not found` };
}

/** `contentTags` is the newer name of the same list: where a key has both, they stay the same. */
function tagged(tags: readonly string[], before: Attributes | undefined): Attributes {
  return { tags, ...(before?.contentTags === undefined ? {} : { contentTags: tags }) };
}
