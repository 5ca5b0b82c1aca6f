import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * Updates of Yjs documents (version 1 of their binary form) as what they are made of, without Yjs: enough to tell what one
 * holds, to cut it up, and to take from it what somebody lacks. An update is a set of structs, runs of operations that each
 * client numbers for itself, and a set of runs that are deleted. What is in a struct stays as it came, byte by byte.
 */
export interface YjsUpdate {
  /** By client, highest first, and by clock. Gaps are holes between them. */
  readonly structs: readonly Struct[];
  readonly deletions: readonly Run[];
}

/** So many operations of one client from its number `clock` on. */
export interface Run {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

export interface Struct extends Run {
  /** The number that Yjs has for what it is. */
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** One operation. */
export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** What a struct with content says before it: where it belongs. All of these come before it. */
export interface Head {
  readonly leftOrigin: Id | undefined;
  readonly rightOrigin: Id | undefined;
  /** What it is in, unless that is a root or the origins tell. */
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
/** In a struct's first byte, beside its kind. */
export const flags = { leftOrigin: 0x80, rightOrigin: 0x40, key: 0x20, kind: 0x1f };

/** @throws Error for what is no update, the whole of it, as Yjs writes them */
export function readUpdate(update: Uint8Array): YjsUpdate {
  // Of its own: Yjs's decoder trusts lengths, and what lies around an array in memory is somebody else's.
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

/** Structs by client, highest first, and by clock, none over another. */
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

/** Leaves the decoder where the content begins; for structs that have content. */
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

/** @returns how many operations it stands for */
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

/** In lists there is one word more than in JSON. */
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
