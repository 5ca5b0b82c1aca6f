import { generateText, type UserContent } from 'ai';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { Call } from '../usage/calls.ts';
import { downloadNothing } from './download-nothing.ts';
import type { AskedModel } from './openai.ts';
import { modelFailed } from './provider-failure.ts';

export interface Asking extends AskedModel {
  /** Content of the only message. */
  readonly content: UserContent;
  /** The error message for clients if this fails. */
  readonly what: string;
  /** Noted when it has ended. */
  readonly call: Call;
}

/**
 * Sends one message to a model and returns its whole answer.
 * @throws Failure `provider_failed`, `unacceptable_request` for a message that no model takes
 */
export async function askModel(ports: Pick<Ports, 'log'>, caller: Caller, asking: Asking): Promise<string> {
  const { model, providerOptions, apiKey, content, what, call } = asking;
  const patience = caller.patience?.();
  try {
    const { text, usage } = await generateText({
      model,
      providerOptions,
      messages: [{ role: 'user', content }],
      experimental_download: downloadNothing,
      ...(patience ? { abortSignal: patience } : {}),
    });
    call.answered(usage);
    return text;
  } catch (thrown) {
    throw modelFailed(ports, call, { what, thrown, apiKey });
  } finally {
    await call.note();
  }
}
