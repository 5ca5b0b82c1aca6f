import { fromBase64, toBase64 } from 'lib0/buffer';
import { readMessage, writeMessage, type YjsMessage } from './yjs-message.ts';

/** Frames of a Yjs socket as text. */

/** API Gateway takes frames of 32 KB. */
export const mostFrameChars = 32_000;
/** The largest update that fits into a frame, in base64 and with its envelope. */
export const mostUpdateBytes = 23_000;

export type Id = string | number;

export type ServerFrame =
  | { readonly type: 'yjs'; readonly message: YjsMessage }
  /** The frame is at this URL. */
  | { readonly type: 'elsewhere'; readonly url: string }
  | { readonly type: 'saved'; readonly id: Id }
  | { readonly type: 'upload'; readonly id: Id; readonly url: string }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly id: Id | undefined };

/** @param id of an update for which its sender wants an acknowledgement */
export const frame = (message: YjsMessage, id?: Id): string =>
  JSON.stringify({ type: 'yjs', data: toBase64(writeMessage(message)), id });

/** @returns undefined for a text that is no frame */
export function parseFrame(text: string): ServerFrame | undefined {
  try {
    // The server is trusted; absent fields are undefined.
    const { type, data, id, url, code, message } = JSON.parse(text) as Record<string, string>;
    if (type === 'yjs' && url !== undefined) return { type: 'elsewhere', url };
    if (type === 'yjs' && data !== undefined) {
      const read = readMessage(fromBase64(data));
      return read && { type, message: read };
    }
    if (type === 'error' && code !== undefined) return { type, code, message: message ?? code, id };
    if (type === 'upload' && id !== undefined && url !== undefined) return { type, id, url };
    return type === 'saved' && id !== undefined ? { type, id } : undefined;
  } catch {
    return undefined;
  }
}
