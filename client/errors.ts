/** What can go wrong before the server has a say; every other code is the server's own. */
export type LocalErrorCode =
  /** Nothing can be said outside a room. */
  | 'NOT_IN_ROOM'
  /** The room was left before the answer came. */
  | 'LEFT_ROOM'
  /** The frame would be larger than the server takes. */
  | 'PAYLOAD_TOO_LARGE'
  /** No answer in time; whether the message was stored is not known. */
  | 'TIMED_OUT'
  /** No attempt could be made, e.g. the token could not be had; another follows. */
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
