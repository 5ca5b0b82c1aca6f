import { setTimeout as delay } from 'node:timers/promises';
import { startChorus } from '../local/chorus.ts';
import { openAiKey, startFakeOpenAi } from '../test/support/fake-openai.ts';
import { median } from './median.ts';
import type { Row } from './row.ts';

/** A conversation: how long a client waits for a model's first word, compared with asking the model directly. */

const rounds = 30;
/** The pause of the fake model before its first word; real models are slower. */
const thinkingMs = 200;

export async function run(): Promise<Row[]> {
  const openAi = await startFakeOpenAi();
  const env = { OPENAI_API_KEY: openAiKey, OPENAI_BASE_URL: openAi.baseUrl };
  const chorus = await startChorus({ port: 0, fresh: true, quiet: true, env });
  const post = (url: string, body: object, key?: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify(body),
    });
  // The answers are the documented ones.
  const ask = async (path: string, body: object, key?: string) =>
    (await (await post(chorus.url + path, body, key)).json()) as Record<string, string>;
  const address = 'owner@example.com';
  const { userId, requestId } = await ask('/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${chorus.url}/local/outbox?address=${address}`);
  const [{ code } = { code: '' }] = (await outbox.json()) as { code: string }[];
  const { sessionKey } = await ask('/api/v2/completeLogin', { userId, requestId, code });
  const { defaultInstanceId: instanceId } = await ask('/api/projects', { name: 'A project' }, sessionKey);

  /** From the request to the first word, ms. */
  async function untilFirstWord(asking: () => Promise<Response>): Promise<number> {
    openAi.next({ say: ['', 'word'], wait: () => delay(thinkingMs) });
    const since = performance.now();
    const { body } = await asking();
    let heard = '';
    let at = 0;
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      heard += piece;
      if (at === 0 && heard.includes('word')) at = performance.now() - since;
    }
    return at;
  }
  const plain = { model: 'gpt-4o', stream: true, input: [{ role: 'user', content: 'Hello' }] };
  const messages = [{ role: 'user', content: 'Hello' }];
  const direct: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    direct.push(await untilFirstWord(() => post(`${openAi.baseUrl}/responses`, plain, openAiKey)));
    ours.push(await untilFirstWord(() => post(`${chorus.url}/api/chat`, { instanceId, messages }, sessionKey)));
  }
  await chorus.stop();
  openAi.stop();
  const ratio = median(ours) / median(direct);
  return [
    {
      what: `chat: first word of a model that thinks for ${thinkingMs} ms, over the provider's own`,
      actual: `${ratio.toFixed(2)} x`,
      budget: '<= 1.5 x',
      ok: ratio <= 1.5,
      note: `${median(ours).toFixed(0)} ms and ${median(direct).toFixed(0)} ms, on the laptop, in one run`,
    },
  ];
}
