import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { callOf } from '../usage/calls.ts';
import { askModel } from './ask-model.ts';
import { givenText } from './given-text.ts';
import { openMemory } from './instance-memory.ts';
import { modelNamed } from './openai.ts';
import { resolveTemplate } from './template.ts';

export interface Transforming {
  readonly instanceId: string;
  readonly outputKey: string;
  readonly template?: string | undefined;
  readonly templateKey?: string | undefined;
  readonly prompt?: string | undefined;
  readonly promptKey?: string | undefined;
  readonly model: string;
}

/** Sends a text made from an instance's keys to a model, and stores its answer. */
export async function transform(ports: Ports, caller: Caller, input: Transforming) {
  const { instanceId, outputKey, model } = input;
  const memory = await openMemory(ports, caller, instanceId, outputKey);
  const call = callOf(ports, caller, { endpoint: '/api/transform', instanceId, model });
  const asked = await modelNamed(ports, model, call);
  const template = await givenText(memory, 'Template', { key: input.templateKey, text: input.template });
  const prompt = await givenText(memory, 'Prompt', { key: input.promptKey, text: input.prompt });
  const resolved = await resolveTemplate(template ?? '', {
    now: ports.clock.now(),
    within: input.templateKey ? [input.templateKey] : [],
    async find(key) {
      const found = await memory.read(key);
      return found && { value: await memory.valueOf(found), attributes: found.attributes };
    },
  });
  const content = prompt ? `${prompt}\n\nInput:\n${resolved}` : resolved;
  const result = await askModel(ports, caller, { ...asked, content, what: 'Transform failed', call });
  await memory.replace(outputKey, result, { type: 'text', tags: ['generated'] });
  return { success: true as const, outputKey, result };
}
