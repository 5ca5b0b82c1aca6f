import { isSameJson } from '../core/canonical.ts';
import type { Attributes } from '../memory/attributes.ts';

/**
 * Attributes of a key in documents. Clients that edit documents use tags where older clients use flags. The flags stay
 * with the key, and are not part of the document.
 */

/** @param attributes the key's own, or those in a document, where any may be missing */
export function toDocument(attributes: Attributes): Attributes {
  const { readonly: _, visible: __, hardcoded: ___, template: ____, tags, ...rest } = attributes;
  const { type, contentType, contentTags, systemTags, zIndex, customType, ...others } = rest;
  return {
    ...others,
    type: typeof type === 'string' ? type : 'text',
    ...(isSaid(contentType) ? { contentType } : {}),
    contentTags: contentTags ?? tags ?? [],
    systemTags: systemTags ?? systemTagsOf(attributes),
    zIndex: zIndex ?? 0,
    ...(isSaid(customType) ? { customType } : {}),
  };
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null;

/** The tags that correspond to flags. */
function systemTagsOf({ tags, visible, readonly, template }: Attributes): string[] {
  return [
    ...(Array.isArray(tags) && tags.includes('SystemPrompt') ? ['SystemPrompt'] : []),
    ...(visible === false ? [] : ['LLMRead']),
    ...(readonly === true ? [] : ['LLMWrite']),
    ...(template === true ? ['ApplyTemplate'] : []),
  ];
}

/** Attributes that a document can remove from a key; they are null there. */
const optional = ['contentType', 'customType'] as const;

/**
 * The attributes in which a document differs from a key, as changes of the key.
 * @param before the key's current attributes
 */
export function fromDocument(said: Attributes, before: Attributes | undefined): Attributes {
  const there: Attributes = before ? { ...before, ...toDocument(before) } : {};
  const changed = Object.entries(said).filter(([name, value]) => !isSameJson(value, there[name]));
  const gone = optional.filter((name) => !isSaid(said[name]) && isSaid(there[name]));
  const news = { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((name) => [name, null])) };
  // The same list under its older name.
  return 'contentTags' in news ? { ...news, tags: news.contentTags } : news;
}
