import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Piece, Sink } from '../parts.ts';
import { isObject } from '../template/json.ts';
import { answerOf } from './http-answer.ts';

/**
 * The content type of a stream that starts with status and headers: as JSON, then these eight zero bytes, then the
 * body.
 */
const WITH_HEAD = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

/** A response that is written while the function still runs. */
export interface StreamedAnswer {
  readonly sink: Sink;
  /** Whether the client has received a status. */
  hasBegun(): boolean;
  /** The function has finished. */
  end(): void;
}

export function streamTo(response: ServerResponse): StreamedAnswer {
  const gone = new AbortController();
  let unread: Buffer | undefined = Buffer.alloc(0);
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });

  /** The body part of these bytes; undefined until the head is complete. */
  function bodyIn({ bytes, contentType }: Piece): Buffer | undefined {
    if (unread === undefined) return Buffer.from(bytes);
    unread = Buffer.concat([unread, bytes]);
    const at = contentType === WITH_HEAD ? unread.indexOf(DELIMITER) : 0;
    if (at < 0) return undefined;
    const body: Buffer = contentType === WITH_HEAD ? unread.subarray(at + DELIMITER.length) : unread;
    begin(
      contentType === WITH_HEAD
        ? JSON.parse(unread.subarray(0, at).toString())
        : { headers: { 'content-type': contentType ?? 'application/octet-stream' } },
    );
    unread = undefined;
    return body;
  }

  function begin(head: unknown): void {
    const { status, headers } = answerOf({ statusCode: 200, ...(isObject(head) ? head : {}) });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.writeHead(status);
    response.flushHeaders();
  }

  return {
    sink: {
      gone: gone.signal,
      async take(piece) {
        if (gone.signal.aborted) return;
        const body = bodyIn(piece);
        if (body === undefined || body.length === 0 || response.write(body)) return;
        await once(response, 'drain', { signal: gone.signal }).catch(() => {}); // if the client is gone, nothing waits
      },
    },
    hasBegun: () => response.headersSent,
    end() {
      if (!response.headersSent) begin({ headers: { 'content-type': 'application/octet-stream' } });
      response.end();
    },
  };
}
