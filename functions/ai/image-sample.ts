import { base64, base64In } from '../core/base64.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { imageInDataUrl, isDrawing } from './data-url.ts';

/** Before encoding. In base64 an image of this size still fits into a value. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads the image from what Fireworks calls a sample: base64, a `data:` URL, or an http(s) URL to download. Refuses anything
 * that is no image, so that it does not overwrite the caller's key.
 * @returns a JPEG's `data:` URL
 * @throws Failure `provider_failed`, `too_large`, and whatever `outbound` throws: `took_too_long`, `unacceptable_url` and others
 */
export async function imageOfSample(
  ports: Pick<Ports, 'outbound'>,
  sample: string,
  timeoutMs: number,
): Promise<string> {
  const image = /^https?:\/\//i.test(sample) ? await fetched(ports, sample, timeoutMs) : held(sample);
  if (image === undefined) throw new Failure('provider_failed', 'Generation failed: what came is no image');
  return `data:image/jpeg;base64,${image}`;
}

function held(sample: string): string | undefined {
  if (sample.length > (maxBytes / 3) * 4 + 1_000)
    throw new Failure('too_large', `An image has at most ${maxBytes} bytes, and this one has more.`);
  if (!/^data:/i.test(sample)) return base64In(sample);
  const image = imageInDataUrl(sample);
  return image && !isDrawing(image.mediaType) ? image.base64 : undefined;
}

async function fetched(
  { outbound }: Pick<Ports, 'outbound'>,
  url: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const { status, headers, body } = await outbound.send({ url, timeoutMs, maxBytes, redirects: 3 });
  if (status !== 200)
    throw new Failure('provider_failed', `Generation failed: the image could not be fetched, status ${status}`);
  const type = headers['content-type'] ?? '';
  const isSaidToBe = /^image\//i.test(type) && !isDrawing(type);
  return body.length > 0 && (isSaidToBe || beginsAsImage(body)) ? base64(body) : undefined;
}

/** Recognizes JPEG, PNG, GIF and WebP. File hosts often send `application/octet-stream` for them. */
function beginsAsImage(bytes: Uint8Array): boolean {
  const begin = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return /^(\xff\xd8\xff|\x89PNG|GIF8|RIFF.{4}WEBP)/s.test(begin);
}
