/** WebSocket frames as bytes, so that a frame for many sockets is made once, and written to each of them unchanged. */

/**
 * The largest payload of one frame. API Gateway splits larger messages, and closes the socket of a client that sends a
 * larger frame.
 */
export const MAX_FRAME_BYTES = 32 * 1024;

const FINAL = 0x80;
const TEXT = 0x01;
const CONTINUATION = 0x00;

/** A text message as a server sends it, in frames of at most 32 KB, ready to be written to any socket. */
export function textMessage(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length <= MAX_FRAME_BYTES) return frame(FINAL | TEXT, payload);
  const frames: Buffer[] = [];
  for (let start = 0; start < payload.length; start += MAX_FRAME_BYTES) {
    const part = payload.subarray(start, start + MAX_FRAME_BYTES);
    const last = start + MAX_FRAME_BYTES >= payload.length;
    frames.push(frame((last ? FINAL : 0) | (start === 0 ? TEXT : CONTINUATION), part));
  }
  return Buffer.concat(frames);
}

/** Frames of a server are not masked; at 32 KB a length of 16 bits is enough. */
function frame(firstByte: number, payload: Buffer): Buffer {
  const short = payload.length < 126;
  const start = short ? 2 : 4;
  const bytes = Buffer.allocUnsafeSlow(start + payload.length);
  bytes[0] = firstByte;
  bytes[1] = short ? payload.length : 126;
  if (!short) bytes.writeUInt16BE(payload.length, 2);
  payload.copy(bytes, start);
  return bytes;
}

/**
 * Checks the bytes from a client for a frame that is too large. `ws` joins frames before it delivers a message, so
 * their sizes are only visible here. Returns the function to feed, which returns true once such a frame begins.
 */
export function frameWatch(maxBytes = MAX_FRAME_BYTES): (chunk: Buffer) => boolean {
  /** Remaining bytes of the current frame: mask and payload. */
  let skip = 0;
  const header = Buffer.alloc(10);
  let have = 0;

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      header[have++] = chunk[at++] ?? 0;
      const length = payloadLength(header, have);
      if (length === undefined) continue;
      if (length > maxBytes) return true;
      const masked = ((header[1] ?? 0) & 0x80) !== 0;
      skip = length + (masked ? 4 : 0);
      have = 0;
    }
    return false;
  };
}

/** The payload's length, once enough of the header has arrived. */
function payloadLength(header: Buffer, have: number): number | undefined {
  if (have < 2) return undefined;
  const short = (header[1] ?? 0) & 0x7f;
  if (short < 126) return short;
  if (short === 126) return have < 4 ? undefined : header.readUInt16BE(2);
  return have < 10 ? undefined : Number(header.readBigUInt64BE(2));
}
