import { base64In } from '../core/base64.ts';
import { Failure } from '../core/errors.ts';
import { imageInDataUrl } from './data-url.ts';
import type { Attributes } from './key-rules.ts';

/**
 * Converts an image for a model: URLs stay as they are, bytes in base64 become a `data:` URL.
 * @throws Failure `unacceptable_request`
 */
export function imageAddress(value: unknown, { contentType }: Attributes = {}): string {
  const text = typeof value === 'string' ? value : '';
  if (isWebAddress(text) || imageInDataUrl(text)) return text;
  const type = typeof contentType === 'string' ? contentType : 'image/jpeg';
  const base64 = base64In(text);
  if (base64 && /^image\/[\w.+-]+$/i.test(type)) return `data:${type};base64,${base64}`;
  throw new Failure(
    'unacceptable_request',
    'An image is an http or https URL, a data: URL of an image in base64, or its bytes in base64.',
  );
}

const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text);
