import type { Connection } from '../core/connection.ts';
import type { CloseReason, Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** A frame as the registry understands it. */
export interface DecodedFrame {
  /** The type that operations are found by. */
  readonly type: string;
  readonly input: unknown;
  /** What the answer must carry back, where the dialect correlates answers. */
  readonly correlation?: unknown;
  /** Why its input is refused, whatever it asks; said to those only who may ask. */
  readonly unfit?: Failure;
}

/** What a refusal may have to tell or to keep to itself. */
export interface Situation {
  /** Leads from the client's words to our log. */
  readonly requestId: string;
  /** False where an application keeps details to itself. */
  readonly exposeErrorDetails: boolean | undefined;
}

/** A frame that asks where to put a message that is too big for one. */
export interface UploadFrame {
  readonly asks: 'upload';
  readonly correlation: unknown;
}

/** A frame that says where its message is. */
export interface DownloadFrame {
  readonly url: string;
  readonly correlation: unknown;
}

export type Received = DecodedFrame | UploadFrame | DownloadFrame;

/** How the clients of one system spell frames. `$connect` pins it; every frame of the socket is answered in it. */
export interface Dialect {
  readonly name: string;
  /** Whether a socket with this path and these offered subprotocols speaks it. */
  speaks(path: string, subprotocols: readonly string[]): boolean;
  /** The subprotocol to accept, where it has one. */
  readonly subprotocol?: string;
  /** A `token` in the query that does not hold is taken for none: its clients may sign in later. */
  readonly forgivesToken?: true;
  /**
   * @returns undefined for what its clients expect to be ignored
   * @throws Failure for what fits no operation's form
   */
  decode(text: string): Received | undefined;
  /** The frame that answers a request; undefined where the dialect does not answer. */
  answer(ports: Ports, frame: DecodedFrame, output: unknown): Promise<string | undefined>;
  refuse(failure: Failure, frame: Received | undefined, situation?: Situation): string;
  /** Too many frames are refused together, once a second; elsewhere each is. */
  readonly warnsOfFloods?: true;
  /**
   * Its clients wait for the answer to each request: one of too many frames is refused as itself, what is never answered is
   * passed over then, and an answer that was not taken is offered again.
   */
  readonly awaitsAnswers?: true;
  /** Above so many refusals in a second its clients are not told of more. */
  readonly errorsPerSecond?: number;
  /**
   * What is refused once a minute and then passed over: its clients send again whatever they like when they are refused.
   * @returns what makes such a frame the same as another one; undefined for frames that are refused each time
   */
  onceRefused?(frame: Received): unknown;
  /** Messages that are too big for a frame, where the dialect has a way for them. */
  readonly big?: BigMessages;
  /** What clients take as nothing: keeps a quiet socket open, and finds out whether it still is. */
  quiet(connection: Connection, now: EpochMs): string | undefined;
  /** Its clients answer `quiet`, so that whoever says nothing after it is gone. */
  readonly answersPings?: true;
  /** What is said before we end a socket, since API Gateway's own close tells nobody why; and what its clients take it for. */
  ending?(why: CloseReason): Ending;
  /** That all sockets will be ended after so many milliseconds. */
  shutdown?(gracePeriodMs: number): string;
  /** What we say first, once. Nothing else is said before it. */
  greeting?(ports: Ports, connection: Connection): string;
}

export interface Ending {
  readonly frames: readonly string[];
  readonly why: CloseReason;
}

export interface BigMessages {
  /** The frame that says where to put one. */
  putAt(frame: UploadFrame, url: string): string;
  /**
   * A message that was put somewhere, as if it had come in the frame that says where.
   * @throws Failure for what fits no operation's form
   */
  read(frame: DownloadFrame, text: string): DecodedFrame;
}
