import { readStateVector, type StateVector } from '../../client/update-difference.ts';
import { readMessage } from '../../client/yjs-message.ts';
import { readUpdate, type YjsUpdate } from '../../client/yjs-update.ts';
import { readStates, type Shown } from './shown.ts';

/** A client's message, decoded. */
export type Asked =
  /** Its state vector. */
  | { readonly kind: 'step1'; readonly known: StateVector }
  /** An update, either a new one or one that the server's state vector lacks. */
  | { readonly kind: 'step2' | 'update'; readonly update: YjsUpdate }
  | { readonly kind: 'awareness'; readonly states: readonly Shown[] }
  | { readonly kind: 'query' };

/**
 * @param read decodes messages, by default those of y-websocket
 * @returns undefined for malformed messages
 */
export function askedIn(data: string, read = readMessage): Asked | undefined {
  // Buffer skips what is no base64.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return undefined;
  try {
    const message = read(Buffer.from(data, 'base64'));
    switch (message?.kind) {
      case 'step1':
        return { kind: 'step1', known: readStateVector(message.stateVector) };
      case 'step2':
      case 'update':
        return { kind: message.kind, update: readUpdate(message.update) };
      case 'awareness':
        return { kind: 'awareness', states: readStates(message.states) };
      default:
        return message;
    }
  } catch {
    return undefined;
  }
}
