import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * Messages between Yjs providers, in the binary form that y-websocket and y-protocols have made common.
 *
 * | message   | bytes                                                     |
 * | --------- | --------------------------------------------------------- |
 * | step1     | 0 0, a state vector: what its sender knows                |
 * | step2     | 0 1, an update: what the receiver of it lacked            |
 * | update    | 0 2, an update                                            |
 * | awareness | 1, states of clients                                      |
 * | query     | 3: asks for everybody's awareness                         |
 *
 * Numbers are of variable length; state vectors, updates and states have their length before them.
 */
export type YjsMessage =
  | { readonly kind: 'step1'; readonly stateVector: Uint8Array }
  | { readonly kind: 'step2' | 'update'; readonly update: Uint8Array }
  | { readonly kind: 'awareness'; readonly states: Uint8Array }
  | { readonly kind: 'query' };

/** Those of the sync protocol. */
export type SyncMessage = Extract<YjsMessage, { readonly kind: 'step1' | 'step2' | 'update' }>;

/** An empty update, which the server acknowledges at once. */
export const nothing: YjsMessage = { kind: 'update', update: new Uint8Array([0, 0]) };

const sync = 0;
const awareness = 1;
const query = 3;
const step1 = 0;
const step2 = 1;
const update = 2;

/**
 * @returns undefined for messages of other kinds
 * @throws Error for a truncated message
 */
export function readMessage(message: Uint8Array): YjsMessage | undefined {
  // A copy: the decoder trusts lengths, and could read memory next to the array.
  const decoder = decoding.createDecoder(Uint8Array.from(message));
  switch (decoding.readVarUint(decoder)) {
    case sync:
      return readSync(decoder);
    case awareness:
      return { kind: 'awareness', states: decoding.readVarUint8Array(decoder) };
    case query:
      return { kind: 'query' };
    default:
      return undefined;
  }
}

/** The same for sync messages that stand by themselves, without the 0 before them. @throws Error as above */
export function readSyncMessage(message: Uint8Array): SyncMessage | undefined {
  return readSync(decoding.createDecoder(Uint8Array.from(message)));
}

/** @throws Error for other messages than those of the sync protocol */
export function writeSyncMessage(message: YjsMessage): Uint8Array {
  if (message.kind === 'awareness' || message.kind === 'query') throw new Error(`${message.kind} is no sync message`);
  return writeMessage(message).subarray(1);
}

export function writeMessage(message: YjsMessage): Uint8Array {
  return encoding.encode((to) => {
    switch (message.kind) {
      case 'step1':
        return write(to, [sync, step1], message.stateVector);
      case 'step2':
        return write(to, [sync, step2], message.update);
      case 'update':
        return write(to, [sync, update], message.update);
      case 'awareness':
        return write(to, [awareness], message.states);
      case 'query':
        return write(to, [query]);
    }
  });
}

function readSync(decoder: decoding.Decoder): SyncMessage | undefined {
  switch (decoding.readVarUint(decoder)) {
    case step1:
      return { kind: 'step1', stateVector: decoding.readVarUint8Array(decoder) };
    case step2:
      return { kind: 'step2', update: decoding.readVarUint8Array(decoder) };
    case update:
      return { kind: 'update', update: decoding.readVarUint8Array(decoder) };
    default:
      return undefined;
  }
}

function write(to: encoding.Encoder, numbers: readonly number[], content?: Uint8Array): void {
  for (const number of numbers) encoding.writeVarUint(to, number);
  if (content) encoding.writeVarUint8Array(to, content);
}
