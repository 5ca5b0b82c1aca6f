import { channelsOf, idIn } from '../core/channel-names.ts';
import type { ErrorKind } from '../core/errors.ts';
import { errors, Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import { roomKind } from '../rooms/contract.ts';
import type { Dialect } from './dialect.ts';

/** Frames are `{type, payload?}` both ways, without ids or acknowledgements; errors go to the sender as `error`. */
export const openlivesync: Dialect = {
  name: 'openlivesync',
  /** `/live`, and paths that name no other protocol. */
  speaks: () => true,

  decode(text) {
    const envelope = parseJson(text);
    if (!isObject(envelope) || typeof envelope.type !== 'string') throw unknownMessage();
    const { type, payload } = envelope;
    if (type === 'leave_room') return { type, input: payload ?? {} };
    return { type, input: payload };
  },

  answer: async () => undefined,

  refuse(failure) {
    const code = codeOf(failure);
    const message = failure.code === 'unknown_message' ? unknownMessage().message : failure.message;
    return JSON.stringify({ type: 'error', payload: { code, message } });
  },

  quiet(connection) {
    // On a path that names no protocol, a client with a login is CasualOS's, and stops listening after a frame that is
    // no array.
    if (connection.login) return undefined;
    const [room] = channelsOf(roomKind, connection.channels);
    return JSON.stringify({ type: 'presence_updated', payload: { roomId: room === undefined ? '' : idIn(room) } });
  },
};

const unknownMessage = () => new Failure('unknown_message', 'Unknown or invalid message type');

function codeOf(failure: Failure): string {
  return failure.code === 'not_json' ? 'INVALID_JSON' : spelling[errors[failure.code].kind];
}

const spelling = {
  invalid: 'INVALID_MESSAGE',
  unauthenticated: 'FORBIDDEN',
  forbidden: 'FORBIDDEN',
  missing: 'INVALID_MESSAGE',
  conflict: 'SERVER_ERROR',
  too_large: 'PAYLOAD_TOO_LARGE',
  rate_limited: 'RATE_LIMITED',
  unsupported: 'SERVER_ERROR',
  unavailable: 'SERVER_ERROR',
  internal: 'SERVER_ERROR',
} as const satisfies Record<ErrorKind, string>;
