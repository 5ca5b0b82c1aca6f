import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { continued } from '../../client/split-update.ts';
import { kinds, type Run, readHead, type Struct, type YjsUpdate } from '../../client/yjs-update.ts';

/** Merges updates into one, even if they overlap. */
export function together(updates: readonly YjsUpdate[]): YjsUpdate {
  const [only] = updates;
  if (only && updates.length === 1) return only;
  return {
    structs: byClient(updates.flatMap(({ structs }) => structs)).flatMap(withoutOverlaps),
    deletions: byClient(updates.flatMap(({ deletions }) => deletions)).flatMap(inOnePiece),
  };
}

/** Groups by client, highest first, as in Yjs. */
function byClient<R extends Run>(runs: readonly R[]): R[][] {
  const clients = [...Map.groupBy(runs, ({ client }) => client)];
  return clients.sort(([a], [b]) => b - a).map(([, own]) => own);
}

/** Removes overlaps between the structs of one client, so that each operation is included once. */
function withoutOverlaps(structs: readonly Struct[]): Struct[] {
  const rising = structs.toSorted((a, b) => a.clock - b.clock || b.length - a.length);
  let reached = 0;
  return rising.flatMap((struct) => {
    const known = Math.max(0, reached - struct.clock);
    if (known >= struct.length) return [];
    reached = struct.clock + struct.length;
    return [known === 0 ? struct : withoutFront(struct, known)];
  });
}

/** Cuts off the first operations of a struct, which must have several. */
function withoutFront(struct: Struct, count: number): Struct {
  const { client, kind } = struct;
  const [clock, length] = [struct.clock + count, struct.length - count];
  const bytes = encoding.encode((to) => {
    if (kind === kinds.garbage) {
      encoding.writeUint8(to, kinds.garbage);
      encoding.writeVarUint(to, length);
      return;
    }
    const decoder = decoding.createDecoder(struct.bytes);
    const { rightOrigin } = readHead(decoder);
    encoding.writeUint8Array(to, continued(struct, clock, rightOrigin));
    if (kind === kinds.string) encoding.writeVarString(to, decoding.readVarString(decoder).slice(count));
    else encoding.writeVarUint(to, length);
    if (kind === kinds.any || kind === kinds.json) {
      decoding.readVarUint(decoder);
      for (let skipped = 0; skipped < count; skipped++) {
        if (kind === kinds.any) decoding.readAny(decoder);
        else decoding.readVarString(decoder);
      }
      encoding.writeUint8Array(to, struct.bytes.subarray(decoder.pos));
    }
  });
  return { client, clock, length, kind, bytes };
}

/** Joins adjacent runs of one client. */
function inOnePiece(runs: readonly Run[]): Run[] {
  const pieces: { client: number; clock: number; length: number }[] = [];
  for (const { client, clock, length } of runs.toSorted((a, b) => a.clock - b.clock)) {
    const last = pieces.at(-1);
    if (last && clock <= last.clock + last.length) last.length = Math.max(last.length, clock + length - last.clock);
    else pieces.push({ client, clock, length });
  }
  return pieces;
}
