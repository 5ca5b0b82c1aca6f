import type { OpenAiApi } from '../../functions/core/model-settings.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { fireworksKey, startFakeFireworks } from './fake-fireworks.ts';
import { openAiKey, startFakeOpenAi } from './fake-openai.ts';
import { makeWorld, type SignedIn } from './world.ts';

export interface Event {
  readonly type: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly [field: string]: any;
}

/** The events of a UI message stream; the last one is `[DONE]`. */
export function eventsIn(text: string): Event[] {
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('data: '))
    .map((part) => (part === 'data: [DONE]' ? { type: '[DONE]' } : JSON.parse(part.slice('data: '.length))));
}

/** A world with model providers, and a user with an instance. */
export async function aiWorld(api: OpenAiApi = 'responses', more: Partial<Settings> = {}) {
  const openAi = await startFakeOpenAi();
  const fireworks = await startFakeFireworks();
  const world = await makeWorld({
    openAi: { apiKey: openAiKey, baseUrl: openAi.baseUrl, api },
    fireworks: { apiKey: fireworksKey, baseUrl: fireworks.baseUrl },
    ...more,
  });
  const owner = await world.signIn('owner@example.com');
  const { http } = world;
  const project = await http('POST', '/api/projects', { as: owner.sessionKey, body: { name: 'A project' } });
  const instanceId: string = project.body.defaultInstanceId;
  const keyPath = (key: string) => `/api/instances/${instanceId}/keys/${encodeURIComponent(key)}`;

  return {
    ...world,
    openAi,
    fireworks,
    owner,
    projectId: project.body.id as string,
    instanceId,
    /** Sends a request as the owner, or as another user. */
    post: (path: string, body: object, as: Pick<SignedIn, 'sessionKey'> | string | undefined = owner) =>
      http('POST', path, { body, as: typeof as === 'object' ? as.sessionKey : as }),
    async put(key: string, value: unknown, attributes?: object): Promise<void> {
      const { status, text } = await http('PUT', keyPath(key), { as: owner.sessionKey, body: { value, attributes } });
      if (status !== 200) throw new Error(`${key} could not be put: ${text}`);
    },
    async key(key: string) {
      const { status, body } = await http('GET', keyPath(key), { as: owner.sessionKey });
      return status === 200 ? body : undefined;
    },
    usage: async () => (await http('GET', '/api/usage', { as: owner.sessionKey })).body.usage,
    stop() {
      openAi.stop();
      fireworks.stop();
    },
  };
}

export type AiWorld = Awaited<ReturnType<typeof aiWorld>>;
