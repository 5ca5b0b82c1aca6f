import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModel } from 'ai';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';

/** A model as one call asks it. */
export interface AskedModel {
  readonly model: LanguageModel;
  readonly providerOptions: { readonly openai?: { readonly store: boolean } };
  /** Must not be shown in what goes wrong. */
  readonly apiKey: string;
}

/** @param id as the provider calls it. @throws Failure `provider_not_configured` */
export async function modelNamed(ports: Pick<Ports, 'settings' | 'secrets'>, id: string): Promise<AskedModel> {
  const { openAi } = ports.settings;
  if (!openAi) throw new Failure('provider_not_configured', 'OpenAI API key not configured');
  const apiKey = await secretSetting(ports, openAi.apiKey);
  const provider = createOpenAI({ apiKey, baseURL: openAi.baseUrl });
  if (openAi.api === 'chat') return { model: provider.chat(id), providerOptions: {}, apiKey };
  // What was said earlier is sent along: nothing is kept at the provider.
  return { model: provider.responses(id), providerOptions: { openai: { store: false } }, apiKey };
}
