import { S3Error } from './errors.ts';

/**
 * Removes the framing of `content-encoding: aws-chunked`: `<hex length>[;extensions]\r\n<bytes>\r\n` … `0\r\n`, then
 * trailing headers such as a checksum. Without this, the framing would become part of the object.
 */

/** A frame's head or a trailer never needs more; a longer one means that the framing is broken. */
const MAX_LINE_BYTES = 4096;
const MAX_TRAILERS = 20;

/**
 * Yields the content; `trailers` holds the trailing headers, names in lower case, once the last chunk is read.
 * @throws S3Error IncompleteBody if the framing is broken or ends early
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const input = source[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);

  const more = async (): Promise<void> => {
    const next = await input.next();
    if (next.done) throw broken('The body ended before its last chunk.');
    buffer = buffer.length === 0 ? next.value : Buffer.concat([buffer, next.value]);
  };
  const line = async (): Promise<string> => {
    let end = buffer.indexOf('\r\n');
    while (end < 0) {
      if (buffer.length > MAX_LINE_BYTES) throw broken('A chunk has no readable length.');
      await more();
      end = buffer.indexOf('\r\n');
    }
    const text = buffer.toString('latin1', 0, end);
    buffer = buffer.subarray(end + 2);
    return text;
  };

  for (;;) {
    const head = await line();
    const hex = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(head)?.[1];
    if (hex === undefined) throw broken('A chunk has no readable length.');
    let left = Number.parseInt(hex, 16);
    if (left === 0) break;
    while (left > 0) {
      if (buffer.length === 0) await more();
      const piece = buffer.subarray(0, left);
      buffer = buffer.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    if ((await line()) !== '') throw broken('A chunk is longer than its length says.');
  }
  for (let text = await line(); text !== ''; text = await line()) {
    const colon = text.indexOf(':');
    if (colon < 1 || trailers.size >= MAX_TRAILERS) throw broken('The trailing headers are not readable.');
    trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
  }
}

function broken(message: string): S3Error {
  return new S3Error('IncompleteBody', message);
}
