import type { IncomingMessage } from 'node:http';

/** The whole body; undefined when it is larger than `maxBytes`: the rest is then read and dropped. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    // An answer is only read by a client that has sent all it wants; beyond this it is cut off.
    else if (size > maxBytes * 4) break;
  }
  return size > maxBytes ? undefined : Buffer.concat(chunks);
}
