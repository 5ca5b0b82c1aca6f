import type { Connection } from '../core/connection.ts';
import type { CloseReason, Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** A decoded frame, for which the registry can find the operation. */
export interface DecodedFrame {
  /** The frame's type, which names the operation. */
  readonly type: string;
  readonly input: unknown;
  /** The correlation id that the answer must repeat, in dialects that have one. */
  readonly correlation?: unknown;
  /** Why its input is refused for any operation; sent only to callers who may call the operation. */
  readonly unfit?: Failure;
}

/** Context of a refusal, which decides what it tells. */
export interface Situation {
  /** Id with which the refusal can be found in the log. */
  readonly requestId: string;
  /** False if the application does not expose details. */
  readonly exposeErrorDetails: boolean | undefined;
}

/** A frame that requests an upload URL for a message that is too large for a frame. */
export interface UploadFrame {
  readonly asks: 'upload';
  readonly correlation: unknown;
}

/** A frame that contains the URL of its message. */
export interface DownloadFrame {
  readonly url: string;
  readonly correlation: unknown;
}

export type Received = DecodedFrame | UploadFrame | DownloadFrame;

/** The frame format of one client system. `$connect` determines it; all answers on the socket use it. */
export interface Dialect {
  readonly name: string;
  /** Whether a socket with this path and these offered subprotocols speaks it. */
  speaks(path: string, subprotocols: readonly string[]): boolean;
  /** The subprotocol to accept, where it has one. */
  readonly subprotocol?: string;
  /** An invalid `token` in the query counts as absent, because its clients may sign in later. */
  readonly forgivesToken?: true;
  /**
   * @returns undefined for frames that its clients expect the server to ignore
   * @throws Failure for a malformed frame
   */
  decode(text: string): Received | undefined;
  /** The frame that answers a request; undefined where the dialect does not answer. */
  answer(ports: Ports, frame: DecodedFrame, output: unknown): Promise<string | undefined>;
  refuse(failure: Failure, frame: Received | undefined, situation?: Situation): string;
  /** Frames above the rate limit are refused together, once a second. Default: each is refused. */
  readonly warnsOfFloods?: true;
  /**
   * Its clients wait for the answer to each request. So each frame above the rate limit is refused individually, except
   * frames that never get an answer, and an answer that a slow client did not take is posted again.
   */
  readonly awaitsAnswers?: true;
  /** The most refusals that its clients get in a second. */
  readonly errorsPerSecond?: number;
  /**
   * Frames that are refused once a minute and otherwise ignored, because its clients send again after each refusal.
   * @returns a value that is equal for equal frames; undefined for frames that are refused each time
   */
  onceRefused?(frame: Received): unknown;
  /** Messages that are too large for a frame, if the dialect supports them. */
  readonly big?: BigMessages;
  /** A frame that clients ignore: it keeps a quiet socket open, and shows whether it still is open. */
  quiet(connection: Connection, now: EpochMs): string | undefined;
  /** Its clients answer `quiet`, so that a client which sends nothing after it is dead. */
  readonly answersPings?: true;
  /**
   * Frames that the server posts before it closes a socket, because API Gateway's close gives no reason, and the reason
   * as its clients know it.
   */
  ending?(why: CloseReason): Ending;
  /** The frame that announces that all sockets will be closed after so many milliseconds. */
  shutdown?(gracePeriodMs: number): string;
  /** The server's first frame, sent once. No other frame is sent before it. */
  greeting?(ports: Ports, connection: Connection): string;
}

export interface Ending {
  readonly frames: readonly string[];
  readonly why: CloseReason;
}

export interface BigMessages {
  /** The frame with the upload URL. */
  putAt(frame: UploadFrame, url: string): string;
  /**
   * Decodes an uploaded message, as if it had come in the frame that has its URL.
   * @throws Failure for a malformed frame
   */
  read(frame: DownloadFrame, text: string): DecodedFrame;
}
