import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { base64 } from '../core/base64.ts';
import { parseJson } from '../core/json.ts';
import { frameOf } from './frames.ts';

/** What a client shows of itself to others: cursor, name. */
export interface Shown {
  /** Yjs's number of the client. */
  readonly client: number;
  /** Counted up by the client: of two states the one with the higher clock is newer. */
  readonly clock: number;
  /** JSON text; `null` when it shows nothing any more. */
  readonly state: string;
}

/** As a member's row has it, with the time it came in ms. */
export interface KeptShown extends Shown {
  readonly at: number;
}

export const nothing = 'null';

/** @throws Error for what is no awareness update, or brings states that are no JSON, which everybody else is going to read */
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

/** A member's state, by client. Members who show nothing have the state that all join with. */
export function shownIn(state: string): Map<number, KeptShown> {
  const value: unknown = JSON.parse(state);
  // Lists are written by stateOf only.
  const kept = Array.isArray(value) ? (value as KeptShown[]) : [];
  return new Map(kept.map((one) => [one.client, one]));
}

export const stateOf = (shown: Iterable<KeptShown>): string => JSON.stringify([...shown]);

/** States as part of a frame: how many, and their bytes; empty for none. The parts of many members make one frame. */
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
 * That clients are gone, as part of a frame. Their clocks stay: a client that is back already shows itself under a higher
 * one, so that this cannot take it away again, and a late frame that still shows it comes to nothing.
 */
export const goneOf = (state: string): string =>
  partOf(
    [...shownIn(state).values()].filter((one) => one.state !== nothing).map((one) => ({ ...one, state: nothing })),
  );

/** @returns undefined when the parts say nothing */
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
