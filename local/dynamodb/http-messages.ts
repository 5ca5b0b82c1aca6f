/** One HTTP/1.1 message, as received from a socket. */
export interface HttpMessage {
  /** Start line and headers, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
  /** Head and body, byte for byte. */
  readonly bytes: Buffer;
}

const endOfHead = '\r\n\r\n';
const maxHeadBytes = 64 * 1024;

/**
 * Splits what a socket delivers into messages. Bodies must have a `content-length`, as those of DynamoDB's clients and
 * emulators do. Then only data that arrived in pieces is copied.
 *
 * @returns a function that takes the next chunk, and throws Error on an endless head or a body without length
 */
export function createMessageReader(onMessage: (message: HttpMessage) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = [];
  let received = 0;
  /** The length of the current message, once its head is complete. */
  let expected = 0;

  return (chunk) => {
    waiting.push(chunk);
    received += chunk.length;
    if (received < expected) return;
    let bytes = waiting.length === 1 ? chunk : Buffer.concat(waiting);
    for (;;) {
      const headEnd = bytes.indexOf(endOfHead);
      if (headEnd < 0) {
        if (bytes.length > maxHeadBytes) throw new Error('The head of the message does not end.');
        break;
      }
      const head = bytes.toString('latin1', 0, headEnd);
      const bodyStart = headEnd + endOfHead.length;
      expected = bodyStart + bodyLength(head);
      if (bytes.length < expected) break;
      onMessage({ head, body: bytes.subarray(bodyStart, expected), bytes: bytes.subarray(0, expected) });
      bytes = bytes.subarray(expected);
      expected = 0;
    }
    waiting = bytes.length > 0 ? [bytes] : [];
    received = bytes.length;
  };
}

/** The value of a header, ignoring case; undefined if it is missing. */
export function headerOf(head: string, name: RegExp): string | undefined {
  return name.exec(head)?.[1];
}

const contentLength = /\r\ncontent-length:[ \t]*(\d+)/i;
const transferEncoding = /\r\ntransfer-encoding:/i;

function bodyLength(head: string): number {
  const length = headerOf(head, contentLength);
  if (length === undefined && transferEncoding.test(head)) throw new Error('The message has no content-length.');
  return Number(length ?? 0);
}
