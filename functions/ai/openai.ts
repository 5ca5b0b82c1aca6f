import { createOpenAI } from '@ai-sdk/openai';
import { type LanguageModel, wrapLanguageModel } from 'ai';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import type { Call } from '../usage/calls.ts';
import { type EndMark, watchingEnd, wholeAnswers } from './whole-answers.ts';

/** A model with the options of one call. */
export interface AskedModel {
  readonly model: LanguageModel;
  readonly providerOptions: { readonly openai?: { readonly store: boolean } };
  /** Must not appear in error messages. */
  readonly apiKey: string;
}

/**
 * @param id as the provider calls it
 * @param call `reached()` is called once the provider has answered, whatever it answered
 * @throws Failure `provider_not_configured`
 */
export async function modelNamed(
  ports: Pick<Ports, 'settings' | 'secrets'>,
  id: string,
  call: Pick<Call, 'reached'>,
): Promise<AskedModel> {
  const { openAi } = ports.settings;
  if (!openAi) throw new Failure('provider_not_configured', 'OpenAI API key not configured');
  const apiKey = await secretSetting(ports, openAi.apiKey);
  const end: EndMark = { isSeen: false };
  const provider = createOpenAI({ apiKey, baseURL: openAi.baseUrl, fetch: telling(call, end) });
  const isChat = openAi.api === 'chat';
  const model = wrapLanguageModel({
    model: isChat ? provider.chat(id) : provider.responses(id),
    middleware: wholeAnswers(end),
  });
  // Requests include the whole conversation, so the provider need not store it.
  return { model, providerOptions: isChat ? {} : { openai: { store: false } }, apiKey };
}

function telling(call: Pick<Call, 'reached'>, end: EndMark): typeof fetch {
  return async (input, init) => {
    try {
      const answer = await fetch(input, init);
      call.reached();
      return watchingEnd(answer, end);
    } catch (thrown) {
      // Aborted by us, because time ran out or the client left: the provider was working until then. Connecting fails sooner.
      if (init?.signal?.aborted) call.reached();
      throw thrown;
    }
  };
}
