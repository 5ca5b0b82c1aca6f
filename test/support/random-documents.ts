import * as Y from 'yjs';
import type { Arbitrary } from './arbitrary.ts';

/**
 * Documents that several people have edited at random, sometimes without receiving each other's edits: texts with
 * formats and embedded objects, lists, maps in maps, XML, bytes, documents in documents.
 */
export interface Edited {
  /** All updates, in the order in which they were made. */
  readonly updates: readonly Uint8Array[];
  /** The state after all updates. */
  readonly state: unknown;
}

export interface EditingOptions {
  readonly people?: number;
  readonly edits?: number;
  /** Whether deleted content is dropped, as usual. */
  readonly gc?: boolean;
  /**
   * Whether texts have formats. Yjs tidies formats by itself, and the result sometimes depends on the order of updates.
   */
  readonly formats?: boolean;
}

/** People with documents of their own, for more edits. */
export interface Editors {
  edit(times: number): void;
  /** All of them receive all updates. */
  meet(): void;
  /** An update of somebody else, which all of them will receive. */
  tell(update: Uint8Array): void;
  readonly updates: readonly Uint8Array[];
  /** The state of the first one, after it has received everything. */
  state(): unknown;
}

export function editors(
  any: Arbitrary,
  { people = 3, gc = true, formats = false }: Omit<EditingOptions, 'edits'> = {},
): Editors {
  const updates: Uint8Array[] = [];
  const docs = Array.from({ length: people }, (_, index) => {
    const doc = new Y.Doc({ gc });
    doc.clientID = 1 + index * 1_000 + any.integer(1_000) * 4_000_000; // some take one byte, some five
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== heard) updates.push(update);
    });
    return doc;
  });
  const heardOf = docs.map(() => 0);
  const hear = (index: number) => {
    const doc = docs[index];
    if (!doc) return;
    for (const update of updates.slice(heardOf[index])) Y.applyUpdate(doc, update, heard);
    heardOf[index] = updates.length;
  };
  return {
    updates,
    edit(times) {
      for (let left = times; left > 0; left--) {
        const index = any.integer(docs.length);
        if (any.integer(3) === 0) hear(index);
        const doc = docs[index];
        if (doc) doc.transact(() => edit({ ...any, formats }, doc));
      }
    },
    tell(update) {
      updates.push(update);
    },
    meet() {
      for (const index of docs.keys()) hear(index);
    },
    state() {
      const [doc] = docs;
      hear(0);
      return doc ? stateOf(doc) : undefined;
    },
  };
}

export function editedAtRandom(any: Arbitrary, options: EditingOptions = {}): Edited {
  const all = editors(any, options);
  all.edit(options.edits ?? 40);
  return { updates: all.updates, state: all.state() };
}

/** One edit of anything in a document, as one update. */
export function editOnce(any: Arbitrary, doc: Y.Doc): void {
  doc.transact(() => edit({ ...any, formats: false }, doc));
}

/** Positions between characters: halves of a character are not restored once something has come between them. */
function placesIn(text: Y.Text): number[] {
  const ops: { insert: unknown }[] = text.toDelta();
  const lengths = ops.flatMap(({ insert }) =>
    typeof insert === 'string' ? [...insert].map((one) => one.length) : [1],
  );
  const places = [0];
  for (const length of lengths) places.push((places.at(-1) ?? 0) + length);
  return places;
}

/** The visible state of such a document. */
export function stateOf(doc: Y.Doc): unknown {
  return {
    text: doc.getText('text').toDelta().map(bare),
    list: doc.getArray('list').toJSON().map(bare),
    map: bare(doc.getMap('map').toJSON()),
    xml: doc.getXmlFragment('xml').toString(),
  };
}

/** The state after these updates, in this order. */
export function stateAfter(updates: readonly Uint8Array[]): unknown {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return stateOf(doc);
}

export function shuffled<T>(any: Arbitrary, all: readonly T[]): T[] {
  return all
    .map((one) => [any.integer(1_000_000), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

const heard = Symbol('heard');

/** Documents in documents are compared by their name. */
function bare(value: unknown): unknown {
  if (value instanceof Y.Doc) return `document ${value.guid}`;
  if (value instanceof Uint8Array) return `bytes ${value.join(' ')}`;
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bare(inner)]));
}

interface Choices extends Arbitrary {
  readonly formats: boolean;
}

function edit(any: Choices, doc: Y.Doc): void {
  const kind = any.integer(4);
  if (kind === 0) editText(any, doc.getText('text'));
  else if (kind === 1) editList(any, doc.getArray('list'), 0);
  else if (kind === 2) editMap(any, doc.getMap('map'), 0);
  else editXml(any, doc.getXmlFragment('xml'), 0);
}

function words(any: Arbitrary): string {
  return Array.from({ length: 1 + any.integer(6) }, () => any.oneOf(['a', 'bc', 'ä', '😀', '\n', ' long word '])).join(
    '',
  );
}

function editText(any: Choices, text: Y.Text): void {
  const places = placesIn(text);
  const place = any.integer(places.length);
  const at = places[place] ?? 0;
  const length = (places[Math.min(place + any.integer(5), places.length - 1)] ?? at) - at;
  const format = any.oneOf([{ bold: true }, { bold: null }, { color: 'red' }, { link: { to: 'x' } }]);
  const action = any.integer(6);
  if (action === 0) text.delete(at, length);
  else if (action === 1) text.insertEmbed(at, { image: words(any) });
  else if (action === 2 && any.formats) text.format(at, length, format);
  else text.insert(at, words(any), action === 3 && any.formats ? format : undefined);
}

function value(any: Choices, depth: number): unknown {
  const kind = any.integer(depth > 2 ? 3 : 7);
  if (kind < 2) return any.oneOf([null, true, 1, -2.5, 'text', { deep: [1, { x: null }] }, [], 2 ** 40]);
  if (kind === 2) return new Uint8Array([1, 2, 3, any.integer(256)]);
  if (kind === 3) return new Y.Text(words(any));
  if (kind === 4) return Y.Array.from(Array.from({ length: any.integer(3) }, () => value(any, depth + 1)) as string[]);
  if (kind === 5) return new Y.Map([['first', value(any, depth + 1)]]);
  return new Y.Doc({ guid: `guid-${any.integer(1_000)}` });
}

/** Sometimes edits a nested type instead. @returns whether it did */
function editInner(any: Choices, inner: unknown, depth: number): boolean {
  if (any.integer(2) === 0) return false;
  if (inner instanceof Y.Text) editText(any, inner);
  else if (inner instanceof Y.Array) editList(any, inner, depth + 1);
  else if (inner instanceof Y.Map) editMap(any, inner, depth + 1);
  else return false;
  return true;
}

function editList(any: Choices, list: Y.Array<unknown>, depth: number): void {
  const at = any.integer(list.length + 1);
  if (at < list.length && editInner(any, list.get(at), depth)) return;
  if (any.integer(3) === 0) list.delete(at, Math.min(any.integer(3), list.length - at));
  else
    list.insert(
      at,
      Array.from({ length: 1 + any.integer(3) }, () => value(any, depth)),
    );
}

function editMap(any: Choices, map: Y.Map<unknown>, depth: number): void {
  const key = any.oneOf(['a', 'b', 'ä', 'first']);
  if (editInner(any, map.get(key), depth)) return;
  if (any.integer(4) === 0) map.delete(key);
  else map.set(key, value(any, depth));
}

function editXml(any: Choices, xml: Y.XmlFragment, depth: number): void {
  const at = any.integer(xml.length + 1);
  const inner = at < xml.length ? xml.get(at) : undefined;
  if (inner instanceof Y.XmlElement && any.integer(3) > 0) {
    if (any.integer(2) === 0) inner.setAttribute(any.oneOf(['id', 'class']), words(any).trim());
    else if (depth < 3) editXml(any, inner, depth + 1);
  } else if (inner instanceof Y.XmlText && any.integer(2) === 0) {
    editText(any, inner);
  } else if (inner && any.integer(3) === 0) {
    xml.delete(at, 1);
  } else {
    xml.insert(at, [any.integer(2) === 0 ? new Y.XmlElement(any.oneOf(['p', 'div'])) : new Y.XmlText(words(any))]);
  }
}
