/**
 * An answer that comes in pieces: a door that can hands each of them on at once, any other one waits for all of them.
 * Whoever made it has done all checking before, so that nothing is refused any more once it is on its way.
 */
export class Streamed {
  readonly headers: Readonly<Record<string, string>>;
  /** Ends early when it throws: what has been said then is not the whole of it. */
  readonly pieces: AsyncIterable<string>;

  constructor(headers: Readonly<Record<string, string>>, pieces: AsyncIterable<string>) {
    this.headers = headers;
    this.pieces = pieces;
  }

  /** All of it. */
  async text(): Promise<string> {
    let text = '';
    for await (const piece of this.pieces) text += piece;
    return text;
  }
}
