/**
 * What a model gets to see of a key unasked, and which keys it leaves alone. Older clients say so by `tags`, newer ones by
 * `contentTags` and `systemTags`.
 */

export type Attributes = Readonly<Record<string, unknown>>;

export interface Named {
  readonly key: string;
  readonly attributes: Attributes;
}

/** Part of what the model is told before the conversation begins. */
export function isContextKey({ tags, contentTags, systemTags }: Attributes): boolean {
  return (
    [tags, contentTags, systemTags].some((list) => has(list, 'SystemPrompt')) ||
    has(systemTags, 'prompt') ||
    has(systemTags, 'LLMRead')
  );
}

/** Not to be changed by a model that only uses the instance. */
export function isReadonlyForModels({ readonly, hardcoded, systemTags }: Attributes): boolean {
  if (readonly === true || hardcoded === true) return true;
  if (has(systemTags, 'readonly') || has(systemTags, 'protected')) return true;
  return readonly === undefined && systemTags !== undefined && !has(systemTags, 'LLMWrite');
}

/** Says what the model is to do, so that it is not the model's to change. Newer clients may say that it is. */
export function isSystemPromptKey({ tags, contentTags, systemTags }: Attributes): boolean {
  if (has(tags, 'SystemPrompt') || has(contentTags, 'SystemPrompt')) return true;
  return has(systemTags, 'SystemPrompt') && !has(systemTags, 'LLMWrite');
}

/** Bytes that no model can read as text. */
export function isBinary({ type }: Attributes): boolean {
  return type === 'image' || type === 'file';
}

export function typeOf({ type }: Attributes): string {
  return typeof type === 'string' ? type : 'text';
}

export function tagsOf({ tags, contentTags }: Attributes): string[] {
  const list = Array.isArray(tags) && tags.length > 0 ? tags : contentTags;
  return Array.isArray(list) ? list.filter((tag) => typeof tag === 'string') : [];
}

function has(list: unknown, tag: string): boolean {
  return Array.isArray(list) && list.includes(tag);
}
