import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Piece, Sink } from '../parts.ts';
import { isObject } from '../template/json.ts';
import { answerOf } from './http-answer.ts';

/** What a handler writes that says status and headers first: them as JSON, these eight zero bytes, then the body. */
const WITH_HEAD = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

/** A response that is written while the function still runs. */
export interface StreamedAnswer {
  readonly sink: Sink;
  /** Whether the client has been told a status. */
  hasBegun(): boolean;
  /** The function has said all it had to say. */
  end(): void;
}

export function streamTo(response: ServerResponse): StreamedAnswer {
  const gone = new AbortController();
  let unread: Buffer | undefined = Buffer.alloc(0);
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });

  /** What is body in these bytes; nothing before the head is complete. */
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
        await once(response, 'drain', { signal: gone.signal }).catch(() => {}); // gone: there is room for all
      },
    },
    hasBegun: () => response.headersSent,
    end() {
      if (!response.headersSent) begin({ headers: { 'content-type': 'application/octet-stream' } });
      response.end();
    },
  };
}
