import type { IncomingMessage } from 'node:http';

/** The whole body; undefined if it is larger than `maxBytes`: then the rest is read and dropped. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    // A client reads an answer only after it has sent everything. Beyond this size the connection is cut.
    else if (size > maxBytes * 4) break;
  }
  return size > maxBytes ? undefined : Buffer.concat(chunks);
}
