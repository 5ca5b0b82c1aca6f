import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { YjsUpdate } from './yjs-update.ts';

/**
 * The difference between updates and a state vector. A state vector says for each client how many of its operations are
 * known, from the first and without a gap. It does not cover deletions, so these are always included.
 */
export type StateVector = ReadonlyMap<number, number>;

/** The state vector of all these updates together. */
export function stateVectorOf(updates: readonly YjsUpdate[]): StateVector {
  const byClient = Map.groupBy(
    updates.flatMap(({ structs }) => structs),
    ({ client }) => client,
  );
  const known = [...byClient].map(([client, structs]): [number, number] => {
    const rising = structs.toSorted((a, b) => a.clock - b.clock);
    return [client, rising.reduce((to, { clock, length }) => (clock > to ? to : Math.max(to, clock + length)), 0)];
  });
  return new Map(known.filter(([, clock]) => clock > 0));
}

/**
 * The part of an update that a given state vector lacks; undefined if none. A partly known struct is included whole.
 */
export function differenceTo(known: StateVector, { structs, deletions }: YjsUpdate): YjsUpdate | undefined {
  const news = structs.filter(({ client, clock, length }) => clock + length > (known.get(client) ?? 0));
  return news.length === 0 && deletions.length === 0 ? undefined : { structs: news, deletions };
}

/** @throws Error for bytes that are no state vector in Yjs's binary form */
export function readStateVector(bytes: Uint8Array): StateVector {
  const decoder = decoding.createDecoder(Uint8Array.from(bytes));
  const known = new Map<number, number>();
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients--) {
    known.set(decoding.readVarUint(decoder), decoding.readVarUint(decoder));
  }
  return known;
}

export function writeStateVector(known: StateVector): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, known.size);
    // Yjs's own order: highest first.
    for (const [client, clock] of [...known].sort(([a], [b]) => b - a)) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, clock);
    }
  });
}
