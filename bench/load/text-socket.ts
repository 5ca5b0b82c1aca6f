import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * A WebSocket client that can do just enough: text frames in both directions. The cost of clients on the same machine
 * counts against every server, so it must be next to nothing.
 */
export interface TextSocket {
  send(text: string): void;
  hear(listener: (text: string) => void): void;
  onEnd(listener: () => void): void;
  end(): void;
}

export async function openTextSocket(url: string): Promise<TextSocket> {
  const { socket, head } = await upgrade(url);
  let listener: (text: string) => void = () => {};
  let rest = head;
  /** The parts received so far of a message in several frames. */
  let begun = '';

  function read(chunk: Buffer): void {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (!frame) break;
      at = frame.end;
      const text = begun + bytes.toString('latin1', frame.start, frame.end);
      begun = frame.isLast ? '' : text;
      if (frame.isLast) listener(text);
    }
    rest = bytes.subarray(at);
  }

  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  return {
    send: (text) => void socket.write(textFrame(text)),
    hear(next) {
      listener = next;
      // Frames that came along with the answer to the upgrade.
      read(Buffer.alloc(0));
    },
    onEnd: (ended) => void socket.on('close', ended),
    end: () => void socket.destroy(),
  };
}

function upgrade(url: string): Promise<{ socket: Duplex; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const handshake = request(url.replace(/^ws/, 'http'), {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    handshake.on('upgrade', (_, socket, head) => resolve({ socket, head }));
    handshake.on('response', ({ statusCode }) => reject(new Error(`the upgrade was answered with ${statusCode}`)));
    handshake.on('error', reject);
    handshake.end();
  });
}

/** Servers do not mask, and these send nothing but text. @returns undefined when the frame is incomplete */
function frameAt(bytes: Buffer, at: number): { start: number; end: number; isLast: boolean } | undefined {
  if (bytes.length < at + 2) return undefined;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at + headerBytes) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  const start = at + headerBytes;
  const end = start + length;
  return bytes.length < end ? undefined : { start, end, isLast: (bytes[at] ?? 0) >= 0x80 };
}

/** A masked text frame; a mask of zeros leaves the text as it is. Up to 64 KB. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header =
    length < 126
      ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, Buffer.from(text)]);
}
