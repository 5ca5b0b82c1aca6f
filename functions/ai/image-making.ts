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

export interface Awaiting {
  readonly submitted: Submitted;
  /** How often Fireworks has been asked before. */
  readonly polls?: number;
  /** In milliseconds. Whatever takes longer is broken off, and is for somebody who has more of it. */
  readonly timeLeft?: () => number;
}

/**
 * Asks until the image is there, no time is left, or Fireworks has been asked often enough. A question that fails on its way is
 * one without an answer.
 * @throws Failure `provider_failed`, `unacceptable_request` for what moderation has blocked, `unacceptable_url`, `too_large`
 */
export async function awaitImage(
  ports: Pick<Ports, 'clock' | 'outbound' | 'log'>,
  fireworks: Fireworks,
  { submitted, polls = 0, timeLeft = () => Number.POSITIVE_INFINITY }: Awaiting,
): Promise<Made> {
  for (let asked = polls; asked < maxPolls; asked += 1) {
    if (timeLeft() <= everyMs) return { polls: asked };
    await ports.clock.wait(everyMs);
    const state = await askForImage(fireworks, submitted, wholeMs(timeLeft())).catch(unanswered);
    if (state.is === 'ready') {
      const image = await fetchInTime(ports, state.sample, timeLeft());
      return image === undefined ? { polls: asked + 1 } : { image };
    }
    if (state.is === 'moderated') throw new Failure('unacceptable_request', moderated);
    if (state.is === 'failed') throw new Failure('provider_failed', `Generation failed: ${state.why}`);
  }
  return { polls: maxPolls };
}

const unanswered = (): ImageState => ({ is: 'pending' });

/** As timers take it. */
const wholeMs = (ms: number): number => Math.max(1, ms);

/** @returns undefined where only the time was too short: an image that is paid for can be fetched by somebody who has more */
async function fetchInTime(
  ports: Pick<Ports, 'outbound'>,
  sample: string,
  leftMs: number,
): Promise<string | undefined> {
  try {
    return await fetchSample(ports, sample, wholeMs(Math.min(downloadMs, leftMs)));
  } catch (thrown) {
    if (leftMs < downloadMs && thrown instanceof Failure && thrown.code === 'took_too_long') return undefined;
    throw thrown;
  }
}

/** Of the bytes; in base64 they still are a value that may be kept. */
const maxBytes = 16 * 1024 * 1024;
const downloadMs = 15_000;

/** As a JPEG's `data:` URL. */
async function fetchSample({ outbound }: Pick<Ports, 'outbound'>, sample: string, timeoutMs: number): Promise<string> {
  if (/^data:/i.test(sample)) return jpeg(limited(sample.slice(sample.indexOf(',') + 1)));
  if (!/^https?:\/\//i.test(sample)) return jpeg(limited(sample));
  const { status, body } = await outbound.send({ url: sample, timeoutMs, maxBytes, redirects: 3 });
  if (status === 200) return jpeg(Buffer.from(body).toString('base64'));
  throw new Failure('provider_failed', `Generation failed: the image could not be fetched, status ${status}`);
}

function limited(base64: string): string {
  if (base64.length <= (maxBytes / 3) * 4) return base64;
  throw new Failure('too_large', `An image has at most ${maxBytes} bytes, and this one has more.`);
}

const jpeg = (base64: string): string => `data:image/jpeg;base64,${base64}`;
