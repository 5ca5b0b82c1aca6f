/** How to call the models of OpenAI, or of a compatible provider. */
export interface OpenAiSettings {
  /** The key, or the ARN of the secret that holds it. */
  readonly apiKey: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** `responses`: OpenAI's own. `chat`: chat completions, the only one that many compatible servers know. */
  readonly api: OpenAiApi;
}

/** How to call Fireworks, which generates images. */
export interface FireworksSettings {
  /** The key, or the ARN of the secret that holds it. */
  readonly apiKey: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
}

const openAiApis = ['responses', 'chat'] as const;
export type OpenAiApi = (typeof openAiApis)[number];
export const isOpenAiApi = (text: string): text is OpenAiApi => openAiApis.some((api) => api === text);

export const openAiUrl = 'https://api.openai.com/v1';
export const fireworksUrl = 'https://api.fireworks.ai/inference/v1';
