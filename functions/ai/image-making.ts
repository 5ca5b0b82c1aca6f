import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { askForImage, type Fireworks, type ImageState, type Submitted } from './fireworks.ts';

/** So often Fireworks is asked, once a second. */
export const maxPolls = 60;
const everyMs = 1_000;

export const moderated = 'Request blocked by content moderation';
export const timedOut = 'Request timed out';

/** An image, or how often Fireworks has been asked without there being one. */
export type Made = { readonly image: string } | { readonly polls: number };

/**
 * Asks until the image is there, `until` says that it is enough, or Fireworks has been asked often enough. A question that
 * fails on its way is one without an answer.
 * @throws Failure `provider_failed`, `unacceptable_request` for what moderation has blocked, `unacceptable_url`, `too_large`
 */
export async function awaitImage(
  ports: Pick<Ports, 'clock' | 'outbound' | 'log'>,
  fireworks: Fireworks,
  {
    submitted,
    polls = 0,
    until,
  }: { readonly submitted: Submitted; readonly polls?: number; readonly until: () => boolean },
): Promise<Made> {
  for (let asked = polls; asked < maxPolls; asked += 1) {
    if (until()) return { polls: asked };
    await ports.clock.wait(everyMs);
    const state = await askForImage(fireworks, submitted).catch((): ImageState => ({ is: 'pending' }));
    if (state.is === 'ready') return { image: await fetchSample(ports, state.sample) };
    if (state.is === 'moderated') throw new Failure('unacceptable_request', moderated);
    if (state.is === 'failed') throw new Failure('provider_failed', `Generation failed: ${state.why}`);
  }
  return { polls: maxPolls };
}

/** Of the bytes; in base64 they still are a value that may be kept. */
const maxBytes = 16 * 1024 * 1024;
const downloadMs = 15_000;

/** As a JPEG's `data:` URL. */
async function fetchSample({ outbound }: Pick<Ports, 'outbound'>, sample: string): Promise<string> {
  if (/^data:/i.test(sample)) return jpeg(limited(sample.slice(sample.indexOf(',') + 1)));
  if (!/^https?:\/\//i.test(sample)) return jpeg(limited(sample));
  const { status, body } = await outbound.send({ url: sample, timeoutMs: downloadMs, maxBytes, redirects: 3 });
  if (status === 200) return jpeg(Buffer.from(body).toString('base64'));
  throw new Failure('provider_failed', `Generation failed: the image could not be fetched, status ${status}`);
}

function limited(base64: string): string {
  if (base64.length <= (maxBytes / 3) * 4) return base64;
  throw new Failure('too_large', `An image has at most ${maxBytes} bytes, and this one has more.`);
}

const jpeg = (base64: string): string => `data:image/jpeg;base64,${base64}`;
