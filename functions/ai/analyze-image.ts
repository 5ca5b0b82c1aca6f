import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { callOf } from '../usage/calls.ts';
import { askModel } from './ask-model.ts';
import { givenText, requireValue } from './given-text.ts';
import { imageAddress } from './image-value.ts';
import { type InstanceMemory, openMemory } from './instance-memory.ts';
import { modelNamed } from './openai.ts';

export interface Analyzing {
  readonly instanceId: string;
  readonly outputKey: string;
  readonly imageKey?: string | undefined;
  readonly imageUrl?: string | undefined;
  readonly imageBase64?: string | undefined;
  readonly prompt?: string | undefined;
  readonly promptKey?: string | undefined;
  readonly model: string;
}

/** Sends an image to a model, and stores its answer. */
export async function analyzeImage(ports: Ports, caller: Caller, input: Analyzing) {
  const { instanceId, outputKey, model } = input;
  const memory = await openMemory(ports, caller, instanceId, outputKey);
  const call = callOf(ports, caller, { endpoint: '/api/analyze-image', instanceId, model });
  const asked = await modelNamed(ports, model, call);
  const image = await imageOf(memory, input);
  const prompt = await givenText(memory, 'Prompt', { key: input.promptKey, text: input.prompt });
  const content = [
    { type: 'text' as const, text: prompt ?? '' },
    // Not `type: 'image'`: there the AI SDK replaces the media type of the `data:` URL by what the first bytes look like.
    { type: 'file' as const, mediaType: 'image/*', data: image },
  ];
  const analysis = await askModel(ports, caller, { ...asked, content, what: 'Image analysis failed', call });
  await memory.replace(outputKey, analysis, { type: 'text', tags: ['generated', 'vision-analysis'] });
  return { success: true as const, outputKey, analysis };
}

async function imageOf(memory: InstanceMemory, { imageKey, imageUrl, imageBase64 }: Analyzing): Promise<string> {
  if (!imageKey) return imageAddress(imageUrl || imageBase64);
  const { value, attributes } = await requireValue(memory, 'Image', imageKey);
  return imageAddress(value, attributes);
}
