/**
 * An answer in pieces. A door that can stream sends each piece at once; other doors wait for all of them. The operation
 * has made all its checks before, because it cannot refuse any more once the first piece is sent.
 */
export class Streamed {
  readonly headers: Readonly<Record<string, string>>;
  /** If it throws, the answer ends early and is incomplete. */
  readonly pieces: AsyncIterable<string>;

  constructor(headers: Readonly<Record<string, string>>, pieces: AsyncIterable<string>) {
    this.headers = headers;
    this.pieces = pieces;
  }

  /** The whole answer as one text. */
  async text(): Promise<string> {
    let text = '';
    for await (const piece of this.pieces) text += piece;
    return text;
  }
}
