import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { inCausalOrder } from './causal-order.ts';
import { flags, type Id, kinds, type Run, readHead, readUpdate, type Struct, writeUpdate } from './yjs-update.ts';

/** The most bytes of overhead: per part, per client, and per struct or deleted run. */
const forPart = 16;
const forClient = 40;
const forRun = 16;
/** Below this, parts would be nothing but overhead. */
const leastBytes = 256;
/** The least content of a part, used if a struct's header is itself too long. */
const leastContent = 64;
/** Bytes for the length before a list or text. */
const forLength = 8;

/**
 * Splits an update into several that together have the same effect, for frames with a size limit. Each depends only on
 * earlier ones, so apply them in this order. Long texts are split between characters, lists between values; a single
 * value above the limit makes a part above the limit.
 * @throws Error for bytes that are no update; RangeError below 256 bytes
 */
export function splitUpdate(update: Uint8Array, maxBytes: number): Uint8Array[] {
  if (maxBytes < leastBytes) throw new RangeError(`A part has ${leastBytes} bytes at least, not ${maxBytes}.`);
  if (update.length <= maxBytes) return [update];
  const { structs, deletions } = readUpdate(update);
  const room = maxBytes - forPart;
  const pieces = structs.flatMap((struct) => cut(struct, room - forClient - forRun));
  const parts = packed(inCausalOrder(pieces), room, ({ bytes }) => bytes.length + forRun);
  return [
    ...parts.map((some) => writeUpdate({ structs: some.sort(byClientAndClock), deletions: [] })),
    ...packed(deletions, room, () => forRun).map((some) => writeUpdate({ structs: [], deletions: some })),
  ];
}

/** Groups runs, each group with as many as fit, and at least one. */
function packed<R extends Run>(runs: readonly R[], room: number, bytesOf: (run: R) => number): R[][] {
  const packs: R[][] = [];
  const clients = new Set<number>();
  let left = 0;
  for (const run of runs) {
    const needed = () => bytesOf(run) + (clients.has(run.client) ? 0 : forClient);
    if (packs.length === 0 || needed() > left) {
      packs.push([]);
      clients.clear();
      left = room;
    }
    left -= needed();
    clients.add(run.client);
    packs.at(-1)?.push(run);
  }
  return packs;
}

function byClientAndClock(a: Struct, b: Struct): number {
  return b.client - a.client || a.clock - b.clock;
}

/** Pieces of at most so many bytes, if possible. */
function cut(struct: Struct, maxBytes: number): Struct[] {
  if (struct.bytes.length <= maxBytes) return [struct];
  const decoder = decoding.createDecoder(struct.bytes);
  const { rightOrigin } = readHead(decoder);
  const head = struct.bytes.subarray(0, decoder.pos);
  const room = Math.max(leastContent, maxBytes - forLength - Math.max(forClient, head.length));
  let clock = struct.clock;
  return contentsOf(struct, decoder, room).map(({ length, bytes }) => {
    const start = clock === struct.clock ? head : continued(struct, clock, rightOrigin);
    const piece = { ...struct, clock, length, bytes: joined(start, bytes) };
    clock += length;
    return piece;
  });
}

interface Content {
  /** Operations. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

function contentsOf({ kind, length, bytes }: Struct, decoder: decoding.Decoder, room: number): Content[] {
  if (kind === kinds.string) return texts(decoding.readVarString(decoder), room);
  if (kind === kinds.any) return lists(decoder, decoding.readAny, room);
  if (kind === kinds.json) return lists(decoder, decoding.readVarString, room);
  return [{ length, bytes: bytes.subarray(decoder.pos) }];
}

function texts(text: string, room: number): Content[] {
  const encoder = new TextEncoder();
  const buffer = new Uint8Array(room);
  const contents: Content[] = [];
  for (let at = 0; at < text.length; ) {
    // Never splits a character, neither its bytes nor its two UTF-16 units.
    const { read, written } = encoder.encodeInto(text.slice(at, at + room), buffer);
    const bytes = encoding.encode((to) => encoding.writeVarUint8Array(to, buffer.subarray(0, written)));
    contents.push({ length: read, bytes });
    at += read;
  }
  return contents;
}

function lists(decoder: decoding.Decoder, read: (decoder: decoding.Decoder) => unknown, room: number): Content[] {
  const values = Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const start = decoder.pos;
    read(decoder);
    return decoder.arr.subarray(start, decoder.pos);
  });
  const packs: Uint8Array[][] = [];
  let left = 0;
  for (const value of values) {
    if (packs.length === 0 || value.length > left) {
      packs.push([]);
      left = room;
    }
    packs.at(-1)?.push(value);
    left -= value.length;
  }
  return packs.map((pack) => ({
    length: pack.length,
    bytes: encoding.encode((to) => {
      encoding.writeVarUint(to, pack.length);
      for (const value of pack) encoding.writeUint8Array(to, value);
    }),
  }));
}

/** The header of a piece: it continues the piece before it. */
export function continued({ client, kind }: Struct, clock: number, rightOrigin: Id | undefined): Uint8Array {
  return encoding.encode((to) => {
    encoding.writeUint8(to, kind | flags.leftOrigin | (rightOrigin ? flags.rightOrigin : 0));
    encoding.writeVarUint(to, client);
    encoding.writeVarUint(to, clock - 1);
    if (!rightOrigin) return;
    encoding.writeVarUint(to, rightOrigin.client);
    encoding.writeVarUint(to, rightOrigin.clock);
  });
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
