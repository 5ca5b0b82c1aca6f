import { base64In } from '../core/base64.ts';

/** An image inside a text. */
export interface ImageData {
  /** E.g. `image/png`. */
  readonly mediaType: string;
  readonly base64: string;
}

/** Types and parameters are short; the data after them is not examined. */
const maxHeadLength = 200;

/** Parses a `data:` URL of an image in base64. Returns undefined for any other text. */
export function imageInDataUrl(text: string): ImageData | undefined {
  const comma = text.slice(0, maxHeadLength).indexOf(',');
  const [, mediaType] = /^data:(image\/[\w.+-]+)(?:;[^;]*)*;base64$/i.exec(text.slice(0, Math.max(0, comma))) ?? [];
  const base64 = mediaType && base64In(text.slice(comma + 1));
  return mediaType && base64 ? { mediaType: mediaType.toLowerCase(), base64 } : undefined;
}

/** Whether an image is SVG, which may hold scripts. */
export const isDrawing = (mediaType: string): boolean => /^image\/svg\b/i.test(mediaType);
