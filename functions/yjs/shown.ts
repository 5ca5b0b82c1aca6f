import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { base64 } from '../core/base64.ts';
import { parseJson } from '../core/json.ts';
import { frameOf } from './frames.ts';

/** A client's awareness state, such as its cursor and name. */
export interface Shown {
  /** Yjs's number of the client. */
  readonly client: number;
  /** The client increments it: of two states the one with the higher clock is newer. */
  readonly clock: number;
  /** JSON text; `null` when the client has no state any more. */
  readonly state: string;
}

/** A state in a member's row, with the time of its arrival in ms. */
export interface KeptShown extends Shown {
  readonly at: number;
}

export const nothing = 'null';

/**
 * @throws Error for bytes that are no awareness update, or whose states are no JSON, which all other clients would have
 * to parse
 */
export function readStates(update: Uint8Array): Shown[] {
  const decoder = decoding.createDecoder(update);
  const shown: Shown[] = [];
  for (let count = decoding.readVarUint(decoder); count > 0; count--) {
    const client = decoding.readVarUint(decoder);
    const clock = decoding.readVarUint(decoder);
    const state = decoding.readVarString(decoder);
    shown.push({ client, clock, state: JSON.stringify(parseJson(state)) });
  }
  return shown;
}

/** A member's awareness states, by client. Members without any still have the initial state. */
export function shownIn(state: string): Map<number, KeptShown> {
  const value: unknown = JSON.parse(state);
  // Only stateOf writes lists.
  const kept = Array.isArray(value) ? (value as KeptShown[]) : [];
  return new Map(kept.map((one) => [one.client, one]));
}

export const stateOf = (shown: Iterable<KeptShown>): string => JSON.stringify([...shown]);

/** States as a part of a frame: their number and bytes; empty for none. Parts of several members make one frame. */
export function partOf(shown: readonly Shown[]): string {
  if (shown.length === 0) return '';
  const bytes = encoding.encode((to) => {
    for (const { client, clock, state } of shown) {
      encoding.writeVarUint(to, client);
      encoding.writeVarUint(to, clock);
      encoding.writeVarString(to, state);
    }
  });
  return `${shown.length} ${base64(bytes)}`;
}

/**
 * The removal of clients, as a part of a frame. It keeps their clocks: a client that has already come back has a higher
 * clock, so that this does not remove it, and a late frame with an old state has no effect.
 */
export const goneOf = (state: string): string =>
  partOf(
    [...shownIn(state).values()].filter((one) => one.state !== nothing).map((one) => ({ ...one, state: nothing })),
  );

/** @returns undefined when the parts are empty */
export function awarenessFrame(parts: readonly string[]): string | undefined {
  const said = parts.filter((part) => part !== '').map((part) => part.split(' '));
  if (said.length === 0) return undefined;
  const states = encoding.encode((to) => {
    const count = said.reduce((sum, [some]) => sum + Number(some), 0);
    encoding.writeVarUint(to, count);
    for (const [, bytes = ''] of said) encoding.writeUint8Array(to, Buffer.from(bytes, 'base64'));
  });
  return frameOf({ kind: 'awareness', states });
}
