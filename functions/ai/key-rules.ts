/**
 * Which keys a model sees without asking, and which it must not change. Older clients express this with `tags`, newer
 * ones with `contentTags` and `systemTags`.
 */

export type Attributes = Readonly<Record<string, unknown>>;

export interface Named {
  readonly key: string;
  readonly attributes: Attributes;
}

/** Whether the key is part of the system prompt. */
export function isContextKey({ tags, contentTags, systemTags }: Attributes): boolean {
  return (
    [tags, contentTags, systemTags].some((list) => has(list, 'SystemPrompt')) ||
    has(systemTags, 'prompt') ||
    has(systemTags, 'LLMRead')
  );
}

/** Whether a model in the mode `use` must not change the key. */
export function isReadonlyForModels({ readonly, hardcoded, systemTags }: Attributes): boolean {
  if (readonly === true || hardcoded === true) return true;
  if (has(systemTags, 'readonly') || has(systemTags, 'protected')) return true;
  return readonly === undefined && systemTags !== undefined && !has(systemTags, 'LLMWrite');
}

/** Whether the key instructs the model, so that the model must not change it unless newer clients allow it. */
export function isSystemPromptKey({ tags, contentTags, systemTags }: Attributes): boolean {
  if (has(tags, 'SystemPrompt') || has(contentTags, 'SystemPrompt')) return true;
  return has(systemTags, 'SystemPrompt') && !has(systemTags, 'LLMWrite');
}

/** Whether the value is binary, which models cannot read as text. */
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
