import { Failure } from '../core/errors.ts';
import type { Attributes } from './key-rules.ts';

/**
 * Converts an image for a model: URLs stay as they are, bytes in base64 become a `data:` URL.
 * @throws Failure `unacceptable_request`
 */
export function imageAddress(value: unknown, { contentType }: Attributes = {}): string {
  const text = typeof value === 'string' ? value : '';
  if (/^(data:|https?:\/\/)/i.test(text)) return text;
  if (!/^[\w+/=\s-]+$/.test(text))
    throw new Failure('unacceptable_request', 'An image is a URL, or its bytes in base64.');
  return `data:${typeof contentType === 'string' ? contentType : 'image/jpeg'};base64,${text}`;
}
