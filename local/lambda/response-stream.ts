import { Writable } from 'node:stream';
import type { Piece } from '../parts.ts';

/** The stream to which a streaming handler writes in Lambda's Node runtime. */
export interface ResponseStream extends Writable {
  setContentType(contentType: string): void;
  /** Called once, before the first write. Not called if nothing is written, as on Lambda. */
  _onBeforeFirstWrite?: ((write: (bytes: Uint8Array | string) => void) => void) | undefined;
}

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
/** The content type of a stream that starts with status and headers, as JSON, and then eight zero bytes. */
const WITH_HEAD = 'application/vnd.awslambda.http-integration-response';
const DELIMITER_BYTES = 8;
/** The bytes that may be buffered before writers have to wait. */
const BUFFERED_BYTES = 64 * 1024;

/** The global of Lambda's Node runtime with which a handler declares that it streams. */
export const awslambda = {
  streamifyResponse: <Handler extends object>(handler: Handler): Handler =>
    Object.assign(handler, { [STREAMING]: 'response' }),

  HttpResponseStream: {
    from(stream: ResponseStream, head: object): ResponseStream {
      stream.setContentType(WITH_HEAD);
      stream._onBeforeFirstWrite = (write) => {
        write(JSON.stringify(head));
        write(new Uint8Array(DELIMITER_BYTES));
      };
      return stream;
    },
  },
};

export function isStreaming(handler: object): boolean {
  return Reflect.get(handler, STREAMING) === 'response';
}

/** @param handOn resolves when there is room for more */
export function createResponseStream(handOn: (piece: Piece) => Promise<void>): ResponseStream {
  let contentType: string | undefined;
  const plain = new Writable({
    highWaterMark: BUFFERED_BYTES,
    write(chunk: Buffer, _encoding, done) {
      handOn({ bytes: chunk, contentType }).then(() => done(), done);
    },
  });
  const write = plain.write.bind(plain);
  const stream: ResponseStream = Object.assign(plain, {
    setContentType(type: string) {
      contentType = type;
    },
    write(...given: Parameters<typeof write>) {
      const { _onBeforeFirstWrite: first } = stream;
      stream._onBeforeFirstWrite = undefined;
      first?.((bytes) => write(bytes));
      return write(...given);
    },
  });
  // The stream's end reports a disconnected client; without a listener the error would crash the process.
  stream.on('error', () => {});
  return stream;
}
