/** Codes of errors that this library detects; all other codes come from the server. */
export type LocalErrorCode =
  /** The client is not in a room. */
  | 'NOT_IN_ROOM'
  /** The client left the room before the answer came. */
  | 'LEFT_ROOM'
  /** The frame would exceed the server's limit. */
  | 'PAYLOAD_TOO_LARGE'
  /** No answer in time; it is unknown whether the server stored the message. */
  | 'TIMED_OUT'
  /** The attempt to connect failed, e.g. because the token function failed; another follows. */
  | 'NOT_CONNECTED'
  /** There is no global WebSocket and none was given. */
  | 'NO_WEBSOCKET'
  /** `close()` was called. */
  | 'CLOSED';

/** A refusal by the server (its code, e.g. `FORBIDDEN`) or by this library. */
export class RoomsError extends Error {
  readonly code: LocalErrorCode | (string & {});

  constructor(code: LocalErrorCode | (string & {}), message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RoomsError';
    this.code = code;
  }
}
