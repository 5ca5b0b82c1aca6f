import { RoomsError } from './errors.ts';
import { type ClientMessage, MAX_FRAME_BYTES, type ServerMessage } from './protocol.ts';

/** @throws RoomsError PAYLOAD_TOO_LARGE */
export function encode(message: ClientMessage): string {
  const text = JSON.stringify(message);
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_FRAME_BYTES) return text;
  throw new RoomsError(
    'PAYLOAD_TOO_LARGE',
    `${message.type}: at most ${MAX_FRAME_BYTES} bytes in all, given ${bytes}.`,
  );
}

/** Undefined for a text that is no frame of this protocol. */
export function parse(text: string): ServerMessage | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('payload' in message)) return undefined;
    if (typeof message.payload !== 'object' || message.payload === null) return undefined;
    return message as ServerMessage; // the server is trusted; `receive` ignores unknown types
  } catch {
    return undefined;
  }
}

/** Browsers have `crypto.randomUUID` only on secure pages. */
export function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
