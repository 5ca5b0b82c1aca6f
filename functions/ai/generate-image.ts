import { identityOf } from '../auth/identity.ts';
import type { Caller, Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { HttpOutput } from '../core/http-output.ts';
import type { Ports } from '../core/ports.ts';
import { type Call, callOf } from '../usage/calls.ts';
import {
  type Fireworks,
  fireworksOf,
  type ImageRequest,
  imageModel,
  type Submitted,
  submitImage,
} from './fireworks.ts';
import { givenText, requireValue } from './given-text.ts';
import { awaitImage, timedOut } from './image-making.ts';
import { imageAddress } from './image-value.ts';
import { type InstanceMemory, openMemory } from './instance-memory.ts';
import { finishJob, putJob, takeJob } from './job-store.ts';
import { detailsOf, providerFailed } from './provider-failure.ts';

export interface Generating {
  readonly instanceId: string;
  readonly outputKey: string;
  readonly prompt?: string | undefined;
  readonly promptKey?: string | undefined;
  readonly imageKey?: string | undefined;
  readonly imageKeys?: readonly string[] | undefined;
  readonly seed: number;
  readonly aspectRatio: string;
  readonly safetyTolerance: number;
}

/** An image that is not ready by then is handed over to a job. */
const waitMs = 25_000;
/** Reserved for storing the image after the last poll. */
const spareMs = 4_000;
const failed = 'Image generation failed';

/** Generates an image and stores it. If it takes long, a job waits for it and stores it. */
export async function generateImage(ports: Ports, caller: Caller, input: Generating) {
  const { instanceId, outputKey } = input;
  const until = ports.clock.now() + waitMs - spareMs;
  const memory = await openMemory(ports, caller, instanceId, outputKey);
  const fireworks = await fireworksOf(ports);
  const request = await requestOf(memory, input);
  const call = callOf(ports, caller, { endpoint: '/api/generate-image', instanceId, model: imageModel });
  const submitted = await submit(ports, fireworks, request, call);
  const timeLeft = () => until - ports.clock.now();
  const made = await awaitImage(ports, fireworks, { submitted, timeLeft }).catch(told(ports, fireworks));
  if ('image' in made) {
    await keep(memory, outputKey, made.image);
    return { success: true as const, outputKey, message: 'Image generated and saved to MindCache' };
  }
  const jobId = ports.ids.uuid();
  await putJob(ports.table, jobId, { instanceId, status: 'processing', startedAt: ports.clock.now() });
  const work: ImageWork = { jobId, instanceId, outputKey, submitted, polls: made.polls, identity: identityOf(caller) };
  await ports.functions.start('images', work);
  const processing = { success: true as const, status: 'processing' as const, outputKey, jobId };
  return new HttpOutput(processing, { status: 202 });
}

/** The data of a job. */
export interface ImageWork {
  readonly jobId: string;
  readonly instanceId: string;
  readonly outputKey: string;
  readonly submitted: Submitted;
  /** How often Fireworks has been asked. */
  readonly polls: number;
  /** The caller, who must still be allowed to write when the image is ready. */
  readonly identity: Identity;
}

/**
 * Finishes an image that a request has begun. May be repeated. @throws Error while another run holds the job: try again
 */
export async function finishImage(ports: Ports, work: ImageWork): Promise<void> {
  const { jobId, instanceId, outputKey, submitted, polls, identity } = work;
  const taken = await takeJob(ports.table, jobId, ports.clock.now());
  if (taken === 'finished') return;
  if (taken === 'held') throw new Error(`Somebody else is at the image ${jobId}.`);
  try {
    const fireworks = await fireworksOf(ports);
    const made = await awaitImage(ports, fireworks, { submitted, polls }).catch(told(ports, fireworks));
    if (!('image' in made)) throw new Failure('provider_failed', timedOut);
    const memory = await openMemory(ports, { identity, ip: '' }, instanceId);
    await keep(memory, outputKey, made.image);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code === 'not_configured') throw thrown;
    await finishJob(ports.table, jobId, thrown.message);
    return;
  }
  await finishJob(ports.table, jobId);
}

function keep(memory: InstanceMemory, outputKey: string, image: string): Promise<void> {
  return memory.replace(outputKey, image, {
    type: 'image',
    contentType: 'image/jpeg',
    tags: ['generated', 'fireworks'],
  });
}

/** @throws Failure `not_found` */
async function requestOf(memory: InstanceMemory, input: Generating): Promise<ImageRequest> {
  const { imageKey, imageKeys = [], seed } = input;
  const prompt = await givenText(memory, 'Prompt', { key: input.promptKey, text: input.prompt });
  const sources = [...(imageKey ? [imageKey] : []), ...imageKeys];
  if (sources.length === 0) return { prompt, seed, aspect_ratio: input.aspectRatio };
  const images: string[] = [];
  for (const key of sources) {
    const { value } = await requireValue(memory, 'Image', key);
    images.push(imageAddress(value));
  }
  return {
    prompt,
    seed,
    input_image: images.length === 1 ? images[0] : images,
    prompt_upsampling: false,
    safety_tolerance: input.safetyTolerance,
  };
}

/** @throws Failure `provider_failed` */
async function submit(ports: Ports, fireworks: Fireworks, request: ImageRequest, call: Call): Promise<Submitted> {
  const submitted = await submitImage(fireworks, request).catch((thrown: unknown) => {
    throw providerFailed(ports, failed, thrown, fireworks.apiKey);
  });
  call.reached();
  await call.note();
  if ('requestId' in submitted) return submitted;
  throw new Failure('provider_failed', `Fireworks API error: ${submitted.why}`);
}

/** Converts errors of image generation for clients. */
function told(ports: Ports, { apiKey }: Fireworks): (thrown: unknown) => never {
  return (thrown) => {
    const isTold = thrown instanceof Failure && ['provider_failed', 'unacceptable_request'].includes(thrown.code);
    if (isTold) throw thrown;
    if (thrown instanceof Failure) throw new Failure('provider_failed', failed, { details: detailsOf(thrown, apiKey) });
    throw providerFailed(ports, failed, thrown, apiKey);
  };
}
