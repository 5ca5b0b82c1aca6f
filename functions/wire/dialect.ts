import type { Connection } from '../core/connection.ts';
import type { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

/** A frame as the registry understands it. */
export interface DecodedFrame {
  /** The type that operations are found by. */
  readonly type: string;
  readonly input: unknown;
  /** What the answer must carry back, where the dialect correlates answers. */
  readonly correlation?: unknown;
}

/** How the clients of one system spell frames. `$connect` pins it; every frame of the socket is answered in it. */
export interface Dialect {
  readonly name: string;
  /** Whether a socket with this path and these offered subprotocols speaks it. */
  speaks(path: string, subprotocols: readonly string[]): boolean;
  /** The subprotocol to accept, where it has one. */
  readonly subprotocol?: string;
  /**
   * @returns undefined for what its clients expect to be ignored
   * @throws Failure for what fits no operation's form
   */
  decode(text: string): DecodedFrame | undefined;
  /** The frame that answers a request; undefined where the dialect does not answer. */
  answer(frame: DecodedFrame, output: unknown): string | undefined;
  refuse(failure: Failure, frame: DecodedFrame | undefined): string;
  /** What clients take as nothing: keeps a quiet socket open, and finds out whether it still is. */
  quiet(connection: Connection): string | undefined;
  /** What we say first. Asked for through the lane once the socket is open. */
  greet?(ports: Ports, connection: Connection): Promise<void>;
}
