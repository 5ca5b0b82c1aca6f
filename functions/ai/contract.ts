import * as z from 'zod/mini';
import { credentialErrors } from '../auth/contract.ts';
import { operation, wholeSentence } from '../core/contract.ts';

/**
 * Calls of AI models that read and write an instance's memory keys, with the paths and field names of MindCache's
 * clients.
 */

/** The most that one conversation may have: 200 messages, and 1 MiB as a request body. */
export const maxMessages = 200;
const maxChatBytes = 1024 * 1024;

const Name = () => z.string().check(z.maxLength(512));
const Model = (otherwise: string) =>
  z
    ._default(z.string().check(z.minLength(1), z.maxLength(200)), otherwise)
    .check(z.describe('Name of the model, as the provider spells it.'));

const neededText = (words: string) => {
  const refusal = wholeSentence(words);
  return z.string({ error: refusal }).check(z.minLength(1, refusal), z.maxLength(512, 'at most 512 characters'));
};
const Written = () => neededText('instanceId and outputKey required');

const Prompt = () => z.optional(z.string()).check(z.describe('Instruction for the model.'));
const PromptKey = () => z.optional(Name()).check(z.describe('The key that holds the prompt; wins over `prompt`.'));
const promptNeeded = <
  Given extends { readonly prompt?: string | undefined; readonly promptKey?: string | undefined },
>() =>
  z.refine<Given>(
    ({ prompt, promptKey }) => Boolean(prompt) || Boolean(promptKey),
    wholeSentence('Either prompt or promptKey required'),
  );

const Message = () =>
  z
    .looseObject({
      id: z.optional(z.string()),
      role: z.enum(['system', 'user', 'assistant']),
      parts: z.optional(z.array(z.looseObject({ type: z.string() }))),
      content: z.optional(z.string()).check(z.describe('The text, in place of `parts`.')),
    })
    .check(z.meta({ description: 'A `UIMessage` of the AI SDK.', examples: [{ role: 'user', content: 'Hello' }] }));
const messagesNeeded = () => wholeSentence('messages array required');

/** Callers who may write in the instance; API keys of the instance or of its project are accepted too. */
const writers = { caller: 'user', scope: 'read', within: 'instances' } as const;

const instanceErrors = [
  'not_logged_in',
  ...credentialErrors,
  'not_found',
  'not_authorized',
  'provider_not_configured',
  'provider_failed',
  'too_large',
] as const;
/** Errors of operations that write their result into the instance. */
const writingErrors = ['instance_readonly', 'invalid_memory_key', 'limit_exceeded', 'value_too_large'] as const;

export const aiContract = {
  operations: {
    chat: operation({
      summary:
        'Chat with a model that can read and change the memory keys of an instance. The response is a UI message stream (protocol v1 of the AI SDK): server-sent events, sent while the model writes.',
      input: () =>
        z.object({
          instanceId: neededText('instanceId required'),
          messages: z
            .array(Message(), { error: messagesNeeded() })
            .check(z.minLength(1, messagesNeeded()), z.maxLength(maxMessages, `at most ${maxMessages} messages`)),
          mode: z
            ._default(z.enum(['edit', 'use']), 'use')
            .check(z.describe('`edit` lets the model change read-only keys and system prompts too.')),
          model: Model('gpt-4o'),
        }),
      output: () => z.string().check(z.describe('`data: {"type":"start"}` … `data: [DONE]`')),
      access: writers,
      errors: instanceErrors,
      http: { method: 'POST', path: '/api/chat', maxBodyBytes: maxChatBytes },
      runsIn: 'ai',
    }),
    transform: operation({
      summary:
        'Fill a template with values of the instance, send it to a model, and store the model’s answer under `outputKey`.',
      input: () =>
        z
          .object({
            instanceId: Written(),
            outputKey: Written(),
            template: z
              .optional(z.string())
              .check(
                z.describe(
                  'The server replaces each `{{key}}` by the value of that key, and `{{$date}}` and `{{$time}}` by the current ones.',
                ),
              ),
            templateKey: z.optional(Name()).check(z.describe('The key that holds the template; wins over `template`.')),
            prompt: Prompt(),
            promptKey: PromptKey(),
            model: Model('gpt-4o-mini'),
          })
          .check(
            z.refine(
              ({ template, templateKey }) => Boolean(template) || Boolean(templateKey),
              wholeSentence('Either template or templateKey required'),
            ),
          ),
      output: () => z.object({ success: z.literal(true), outputKey: z.string(), result: z.string() }),
      access: writers,
      errors: [...instanceErrors, ...writingErrors],
      http: { method: 'POST', path: '/api/transform' },
      runsIn: 'ai',
    }),
    analyzeImage: operation({
      summary: 'Send an image and a prompt to a model, and store its answer under `outputKey`.',
      input: () =>
        z
          .object({
            instanceId: Written(),
            outputKey: Written(),
            imageKey: z.optional(Name()).check(z.describe('The key that holds the image.')),
            imageUrl: z
              .optional(z.string().check(z.maxLength(8192)))
              .check(z.describe('URL of the image. The AI provider fetches it, not this server.')),
            imageBase64: z.optional(z.string()).check(z.describe('The image’s bytes in base64, or a `data:` URL.')),
            prompt: Prompt(),
            promptKey: PromptKey(),
            model: Model('gpt-4o'),
          })
          .check(
            z.refine(
              ({ imageKey, imageUrl, imageBase64 }) => [imageKey, imageUrl, imageBase64].some(Boolean),
              wholeSentence('One of imageKey, imageUrl, or imageBase64 required'),
            ),
            promptNeeded(),
          ),
      output: () => z.object({ success: z.literal(true), outputKey: z.string(), analysis: z.string() }),
      access: writers,
      errors: [...instanceErrors, ...writingErrors],
      http: { method: 'POST', path: '/api/analyze-image' },
      runsIn: 'ai',
    }),
    generateImage: operation({
      summary:
        'Generate an image and store it under `outputKey`. If it takes longer than 25 seconds, the answer has a `jobId`, and the server stores the image when it is ready.',
      input: () =>
        z
          .object({
            instanceId: Written(),
            outputKey: Written(),
            prompt: Prompt(),
            promptKey: PromptKey(),
            imageKey: z.optional(Name()).check(z.describe('The key that holds an image to start from.')),
            imageKeys: z
              .optional(z.array(Name()).check(z.maxLength(8)))
              .check(z.describe('Several keys that hold images to start from.')),
            seed: z
              ._default(z.int(), -1)
              .check(z.describe('-1: a random seed, so that each call gives another image.')),
            aspectRatio: z._default(z.string().check(z.maxLength(20)), '1:1'),
            safetyTolerance: z._default(z.number(), 2),
          })
          .check(promptNeeded()),
      output: () =>
        z.union([
          z.object({ success: z.literal(true), outputKey: z.string(), message: z.string() }),
          z.object({
            success: z.literal(true),
            status: z.literal('processing'),
            outputKey: z.string(),
            jobId: z.string(),
          }),
        ]),
      access: writers,
      errors: [...instanceErrors, ...writingErrors, 'unacceptable_url'],
      http: { method: 'POST', path: '/api/generate-image' },
      runsIn: 'ai',
    }),
    getJob: operation({
      summary: 'Read the status of an image job. The server keeps it for a day.',
      input: () => z.object({ jobId: z.string().check(z.maxLength(64)) }),
      output: () =>
        z.object({
          status: z.enum(['processing', 'done', 'failed']),
          error: z.optional(z.string()).check(z.describe('Why it failed.')),
        }),
      access: writers,
      errors: ['not_logged_in', ...credentialErrors, 'not_found', 'not_authorized'],
      http: { method: 'GET', path: '/api/jobs/{jobId}' },
      runsIn: 'ai',
    }),
  },
  pushes: {},
};
