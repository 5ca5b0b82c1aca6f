import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * Parses updates of Yjs documents (version 1 of their binary form) without Yjs: enough to inspect an update, to split
 * it, and to extract what a state vector lacks. An update is a set of structs, which are runs of operations that each
 * client numbers for itself, and a set of deleted runs. The content of a struct stays unchanged, byte by byte.
 */
export interface YjsUpdate {
  /** Sorted by client, highest first, and by clock; there may be gaps. */
  readonly structs: readonly Struct[];
  readonly deletions: readonly Run[];
}

/** So many operations of one client, starting at its number `clock`. */
export interface Run {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

export interface Struct extends Run {
  /** Yjs's number for the kind of content. */
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** The id of one operation. */
export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** The header of a struct with content: its position in the document. It depends on all operations named here. */
export interface Head {
  readonly leftOrigin: Id | undefined;
  readonly rightOrigin: Id | undefined;
  /** Its parent, unless that is a root or follows from the origins. */
  readonly parent: Id | undefined;
}

export const kinds = {
  garbage: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  gap: 10,
};
/** Flags in a struct's first byte, next to its kind. */
export const flags = { leftOrigin: 0x80, rightOrigin: 0x40, key: 0x20, kind: 0x1f };

/** @throws Error for bytes that are not exactly one update as Yjs writes it */
export function readUpdate(update: Uint8Array): YjsUpdate {
  // A copy: Yjs's decoder trusts lengths, and could read memory next to the array.
  const bytes = Uint8Array.from(update);
  const decoder = decoding.createDecoder(bytes);
  const structs: Struct[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients--) {
    let count = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    if (client >= before) throw new Error('Clients stand in falling order, each once.');
    before = client;
    for (let clock = decoding.readVarUint(decoder); count > 0; count--) {
      const start = decoder.pos;
      const { kind, length } = readStruct(decoder);
      if (length < 1) throw new Error('A struct holds something.');
      if (kind !== kinds.gap) structs.push({ client, clock, length, kind, bytes: bytes.subarray(start, decoder.pos) });
      clock += length;
      if (clock > Number.MAX_SAFE_INTEGER) throw new Error('A clock is a safe integer.');
    }
  }
  const deletions = readDeletions(decoder);
  if (decoder.pos !== bytes.length) throw new Error('An update ends where its parts end.');
  return { structs, deletions };
}

/** Structs must be sorted by client, highest first, and by clock, and must not overlap. */
export function writeUpdate({ structs, deletions }: YjsUpdate): Uint8Array {
  const encoder = encoding.createEncoder();
  const byClient = [...Map.groupBy(structs, ({ client }) => client)];
  encoding.writeVarUint(encoder, byClient.length);
  for (const [client, runs] of byClient) {
    const filled = withGaps(runs);
    encoding.writeVarUint(encoder, filled.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, runs[0]?.clock ?? 0);
    for (const bytes of filled) encoding.writeUint8Array(encoder, bytes);
  }
  const deleted = [...Map.groupBy(deletions, ({ client }) => client)];
  encoding.writeVarUint(encoder, deleted.length);
  for (const [client, runs] of deleted) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, runs.length);
    for (const { clock, length } of runs) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, length);
    }
  }
  return encoding.toUint8Array(encoder);
}

/** For structs with content; leaves the decoder at the start of the content. */
export function readHead(decoder: decoding.Decoder): Head {
  const info = decoding.readUint8(decoder);
  const leftOrigin = info & flags.leftOrigin ? readId(decoder) : undefined;
  const rightOrigin = info & flags.rightOrigin ? readId(decoder) : undefined;
  if (leftOrigin || rightOrigin) return { leftOrigin, rightOrigin, parent: undefined };
  const parent = decoding.readVarUint(decoder) === 1 ? skipBytes(decoder) : readId(decoder);
  if (info & flags.key) skipBytes(decoder);
  return { leftOrigin, rightOrigin, parent };
}

export function hasContent({ kind }: Struct): boolean {
  return kind !== kinds.garbage && kind !== kinds.gap;
}

function readStruct(decoder: decoding.Decoder): { readonly kind: number; readonly length: number } {
  const info = decoding.peekUint8(decoder);
  const kind = info & flags.kind;
  if (kind === kinds.garbage || info === kinds.gap) {
    decoder.pos++;
    return { kind, length: decoding.readVarUint(decoder) };
  }
  readHead(decoder);
  const length = readContent(decoder, kind);
  if (decoder.pos > decoder.arr.length) throw new Error('A struct ends before its update does.');
  return { kind, length };
}

/** @returns how many operations the content has */
function readContent(decoder: decoding.Decoder, kind: number): number {
  switch (kind) {
    case kinds.deleted:
      return decoding.readVarUint(decoder);
    case kinds.string:
      return decoding.readVarString(decoder).length;
    case kinds.json:
      return repeated(decoder, () => readJson(decoder, 'undefined'));
    case kinds.any:
      return repeated(decoder, () => void decoding.readAny(decoder));
    case kinds.binary:
      skipBytes(decoder);
      return 1;
    case kinds.embed:
      readJson(decoder);
      return 1;
    case kinds.format:
      decoding.readVarString(decoder);
      readJson(decoder);
      return 1;
    case kinds.type:
      readType(decoding.readVarUint(decoder), decoder);
      return 1;
    case kinds.doc:
      decoding.readVarString(decoder);
      decoding.readAny(decoder);
      return 1;
    default:
      throw new Error(`There are no structs of the kind ${kind}.`);
  }
}

/** Elements and hooks of XML have a name, the other five have none. */
function readType(type: number, decoder: decoding.Decoder): void {
  if (type > 6) throw new Error(`There is no shared type ${type}.`);
  if (type === 3 || type === 5) decoding.readVarString(decoder);
}

function readDeletions(decoder: decoding.Decoder): Run[] {
  const deletions: Run[] = [];
  repeated(decoder, () => {
    const client = decoding.readVarUint(decoder);
    repeated(decoder, () => {
      const clock = decoding.readVarUint(decoder);
      deletions.push({ client, clock, length: decoding.readVarUint(decoder) });
    });
  });
  return deletions;
}

function repeated(decoder: decoding.Decoder, read: () => void): number {
  const times = decoding.readVarUint(decoder);
  for (let index = 0; index < times; index++) {
    read();
    if (decoder.pos > decoder.arr.length) throw new Error('What is announced is there.');
  }
  return times;
}

/** Lists allow one word more than JSON: `undefined`. */
function readJson(decoder: decoding.Decoder, also?: 'undefined'): void {
  const text = decoding.readVarString(decoder);
  if (text !== also) JSON.parse(text);
}

function readId(decoder: decoding.Decoder): Id {
  const client = decoding.readVarUint(decoder);
  return { client, clock: decoding.readVarUint(decoder) };
}

function skipBytes(decoder: decoding.Decoder): undefined {
  const length = decoding.readVarUint(decoder);
  decoder.pos += length;
}

function withGaps(runs: readonly Struct[]): Uint8Array[] {
  let at = runs[0]?.clock ?? 0;
  return runs.flatMap(({ clock, length, bytes }) => {
    const missing = clock - at;
    at = clock + length;
    return missing === 0 ? [bytes] : [gap(missing), bytes];
  });
}

function gap(length: number): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeUint8(encoder, kinds.gap);
    encoding.writeVarUint(encoder, length);
  });
}
