import type { Attributes } from './key-rules.ts';

/** An image as a model takes it: a URL stays one, bytes in base64 become a `data:` URL. */
export function imageAddress(value: unknown, { contentType }: Attributes = {}): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/^(data:|https?:\/\/)/i.test(text)) return text;
  return `data:${typeof contentType === 'string' ? contentType : 'image/jpeg'};base64,${text}`;
}
