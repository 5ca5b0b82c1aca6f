import * as Y from 'yjs';
import { readableOnes } from './readable.ts';
import { documentOf } from './yjs-document.ts';

/** A bot of CasualOS: an object with tags. */
export interface Bot {
  readonly id: string;
  readonly tags: Readonly<Record<string, unknown>>;
  /** Tags that override its own, by the space in which they are stored. */
  readonly masks?: { readonly shared: Readonly<Record<string, unknown>> };
}

/**
 * The bots in a document, by id: the root map `bots` holds a map of tags for each, the root map `masks` one value for
 * each masked tag under `{bot id}:{tag}`. Shared texts are read as plain text.
 */
export function botsIn(updates: readonly string[]): Record<string, Bot> {
  const doc = documentOf(readableOnes(updates));
  const masks = masksIn(doc.getMap('masks'));
  const bots = [...doc.getMap('bots')].flatMap(([id, tags]): [string, Bot][] => {
    if (!(tags instanceof Y.Map)) return [];
    const own = masks.get(id);
    return [[id, { id, tags: valuesIn(tags), ...(own ? { masks: { shared: Object.fromEntries(own) } } : {}) }]];
  });
  return Object.fromEntries(bots);
}

function masksIn(masks: Y.Map<unknown>): Map<string, [string, unknown][]> {
  const byBot = new Map<string, [string, unknown][]>();
  for (const [key, value] of masks) {
    const colon = key.indexOf(':');
    if (colon < 0) continue;
    const id = key.slice(0, colon);
    byBot.set(id, [...(byBot.get(id) ?? []), [key.slice(colon + 1), plain(value)]]);
  }
  return byBot;
}

function valuesIn(tags: Y.Map<unknown>): Record<string, unknown> {
  return Object.fromEntries([...tags].map(([tag, value]) => [tag, plain(value)]));
}

/** Converts a value to JSON, which has no big integers. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
  return text === undefined ? null : JSON.parse(text);
}
