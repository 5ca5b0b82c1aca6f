import { messageFrame } from '../core/big-frame.ts';
import { type Code, Failure } from '../core/errors.ts';
import { isObject, maxDepth, parseJson } from '../core/json.ts';
import { parseRecordKey } from '../core/record-keys.ts';
import { wordFor } from './casualos.ts';
import type { DecodedFrame, Dialect } from './dialect.ts';

/**
 * CasualOS's frames: arrays `[type, id, …]`, named events.
 *
 * | type | event                                | says                                             |
 * | ---- | ------------------------------------ | ------------------------------------------------ |
 * | 1    | `[1, id, message]`                   | a message, both ways                             |
 * | 2    | `[2, id]`                            | a client asks where to put one that is too big   |
 * | 3    | `[3, id, url, "PUT", {}]`            | there                                            |
 * | 4    | `[4, id, url, "GET", {}]`            | a message is there, both ways                    |
 * | 5    | `[5, id, info]`                      | an error                                         |
 *
 * Clients increment ids. An error has the id of the frame that it answers, -1 if that is a message about a branch, and
 * null if the id could not be read. Frames that are no JSON array or object are ignored.
 */
export const casualosSocket: Dialect = {
  name: 'casualos',
  subprotocol: 'casualos.records',
  warnsOfFloods: true,
  speaks: (path, subprotocols) =>
    subprotocols.includes('casualos.records') || path === '/api/v2/websocket' || path === '/websocket',

  decode(text) {
    const event = eventIn(text);
    if (event === undefined) return undefined;
    if (!Array.isArray(event) || typeof event[1] !== 'number' || ![1, 2, 3, 4, 5].includes(event[0])) {
      throw unreadable('An event is an array: a number from 1 to 5, an id, and what belongs to it.', null, []);
    }
    const [type, id, content] = event;
    switch (type) {
      case 1:
        return messageIn(content, id);
      case 2:
        return { asks: 'upload', correlation: id };
      case 4:
        if (typeof content !== 'string') throw unreadable('Say by its URL where the message is.', id, [2]);
        return { url: content, correlation: id };
      default:
        throw unreadable('Clients send events of the types 1, 2 and 4.', id, [0]);
    }
  },

  big: {
    putAt: ({ correlation }, url) => JSON.stringify([3, correlation, url, 'PUT', {}]),

    read({ correlation }, text) {
      const id = Number(correlation);
      try {
        return messageIn(parseJson(text), id);
      } catch (thrown) {
        if (thrown instanceof Failure && thrown.code === 'not_json') throw unreadable('There is no JSON.', id, [2]);
        throw thrown;
      }
    },
  },

  answer: async (ports, _, output) => (output === undefined ? undefined : messageFrame(ports, JSON.stringify(output))),

  refuse(failure, frame) {
    const { id, retryAfterSeconds, totalHits, ...details } =
      failure.code === 'unknown_message'
        ? { ...failure.details, issues: [issue(['type'], failure.message)] }
        : failure.details;
    if (failure.code === 'rate_limit_exceeded') {
      return JSON.stringify([1, 0, { type: 'rate_limit_exceeded', retryAfter: retryAfterSeconds, totalHits }]);
    }
    const message = frame && 'type' in frame ? frame : undefined;
    const isOfBranch = message !== undefined && isAboutBranch(message.type) && !unacceptable.has(failure.code);
    const answers = id ?? (isOfBranch ? -1 : (frame?.correlation ?? null));
    const info = { success: false, errorCode: wordFor(failure.code), errorMessage: failure.message };
    const full = JSON.stringify([5, answers, { ...info, ...branchIn(message?.input), ...details }]);
    return full.length <= longestError
      ? full
      : JSON.stringify([5, answers, { ...info, errorMessage: info.errorMessage.slice(0, 1_000) }]);
  },

  /** The dialect has no such frame. Its clients reconnect. */
  quiet: () => undefined,
};

/** Codes for messages that are invalid as such, whatever their subject. */
const unacceptable: ReadonlySet<Code> = new Set(['unacceptable_request', 'unknown_message']);
/** Longer errors, for example with a hundred thousand issues, are sent without their details. */
const longestError = 30_000;

const isAboutBranch = (type: string): boolean => type.startsWith('repo/') && type !== 'repo/time_sync';

/** @returns undefined for frames that are ignored */
function eventIn(text: string): unknown {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.code === 'not_json') return undefined;
    throw unreadable(`Values may be nested ${maxDepth} deep.`, null, []);
  }
}

/** A record's key is accepted in place of its name; only the name in it counts. */
function messageIn(message: unknown, id: number): DecodedFrame {
  if (!isObject(message) || typeof message.type !== 'string') {
    throw unreadable('A message is an object with a type.', id, [2, 'type']);
  }
  const { type, recordName } = message;
  const key = typeof recordName === 'string' ? parseRecordKey(recordName) : undefined;
  return { type, input: key ? { ...message, recordName: key.recordName } : message, correlation: id };
}

/** The branch that a message names. From it clients learn which of their requests was refused. */
function branchIn(input: unknown): Record<string, string | null> {
  if (!isObject(input)) return {};
  const named = ['recordName', 'inst', 'branch'].flatMap((name) => {
    const value = input[name];
    return value === null || (typeof value === 'string' && value.length <= 1_024) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(named);
}

function unreadable(message: string, id: number | null, path: readonly (string | number)[]): Failure {
  return new Failure('unacceptable_request', message, { id, issues: [issue(path, message)] });
}

const issue = (path: readonly (string | number)[], message: string) => ({ code: 'custom', path, message });
