import { Failure } from '../core/errors.ts';
import { isObject, maxDepth, parseJson } from '../core/json.ts';
import { wordFor } from './casualos.ts';
import type { Dialect } from './dialect.ts';

/**
 * CasualOS's frames: arrays `[type, id, …]`. 1 is a message `{type, …}` both ways, 5 an error with the id of what it
 * answers, null where not even that could be read. What is no JSON array or object is nobody's and ignored.
 */
export const casualosSocket: Dialect = {
  name: 'casualos',
  subprotocol: 'casualos.records',
  speaks: (path, subprotocols) =>
    subprotocols.includes('casualos.records') || path === '/api/v2/websocket' || path === '/websocket',

  decode(text) {
    const event = eventIn(text);
    if (event === undefined) return undefined;
    if (!Array.isArray(event) || typeof event[1] !== 'number' || ![1, 2, 3, 4, 5].includes(event[0])) {
      throw unreadable('An event is an array: a number from 1 to 5, an id, and what belongs to it.', null, []);
    }
    const [type, id, message] = event;
    if (type !== 1) throw new Failure('not_supported', 'Messages of their own size class are not supported.', { id });
    if (!isObject(message) || typeof message.type !== 'string') {
      throw unreadable('A message is an object with a type.', id, [2, 'type']);
    }
    return { type: message.type, input: message, correlation: id };
  },

  answer: (_, output) => JSON.stringify([1, 0, output]),

  refuse(failure, frame) {
    const { id = frame?.correlation ?? null, ...details } = failure.details;
    const errorCode = wordFor(failure.code);
    return JSON.stringify([5, id, { success: false, errorCode, errorMessage: failure.message, ...details }]);
  },

  /** There is no such frame: these clients reconnect. */
  quiet: () => undefined,
};

/** @returns undefined for what is ignored */
function eventIn(text: string): unknown {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'not_json') return undefined;
    throw unreadable(`Values may be nested ${maxDepth} deep.`, null, []);
  }
}

function unreadable(message: string, id: number | null, path: readonly (string | number)[]): Failure {
  return new Failure('unacceptable_request', message, { id, issues: [{ code: 'custom', path, message }] });
}
