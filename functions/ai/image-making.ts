import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { askForImage, type Fireworks, type ImageState, type Submitted } from './fireworks.ts';
import { imageOfSample } from './image-sample.ts';

/** How often to poll Fireworks, once a second. */
export const maxPolls = 60;
const everyMs = 1_000;

export const moderated = 'Request blocked by content moderation';
export const timedOut = 'Request timed out';

/** An image, or the number of polls without one. */
export type Made = { readonly image: string } | { readonly polls: number };

export interface Awaiting {
  readonly submitted: Submitted;
  /** How often Fireworks has been asked before. */
  readonly polls?: number;
  /** What a request has left, in milliseconds; it leaves to a job whatever takes longer. A job has no such limit. */
  readonly timeLeft?: () => number;
}

/**
 * Polls until the image is ready, the time runs out, or the maximum of polls is reached. A poll that fails counts as
 * one without an answer.
 * @throws Failure `provider_failed`, `unacceptable_request` for what moderation has blocked, `unacceptable_url`, `too_large`
 */
export async function awaitImage(
  ports: Pick<Ports, 'clock' | 'outbound' | 'log'>,
  fireworks: Fireworks,
  { submitted, polls = 0, timeLeft }: Awaiting,
): Promise<Made> {
  const left = timeLeft ?? (() => Number.POSITIVE_INFINITY);
  for (let asked = polls; asked < maxPolls; asked += 1) {
    if (left() <= everyMs) return { polls: asked };
    await ports.clock.wait(everyMs);
    const state = await askForImage(fireworks, submitted, wholeMs(left())).catch(unanswered);
    if (state.is === 'ready') {
      const image = await fetchInTime(ports, state.sample, timeLeft);
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

/** Milliseconds for one download. A job has longer, because no client waits for it. */
const downloadMs = { request: 15_000, job: 30_000 };

/** @returns undefined if the download took too long within a request: a job can still fetch the image, which is paid for */
async function fetchInTime(
  ports: Pick<Ports, 'outbound'>,
  sample: string,
  timeLeft: (() => number) | undefined,
): Promise<string | undefined> {
  const timeoutMs = timeLeft ? wholeMs(Math.min(downloadMs.request, timeLeft())) : downloadMs.job;
  try {
    return await imageOfSample(ports, sample, timeoutMs);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'took_too_long') throw thrown;
    if (timeLeft) return undefined;
    throw new Failure('provider_failed', 'Generation failed: the image could not be fetched in time');
  }
}
