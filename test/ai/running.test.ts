import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { eventsIn } from '../support/ai-world.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeFireworks, fireworksKey, startFakeFireworks } from '../support/fake-fireworks.ts';
import { type FakeOpenAi, openAiKey, startFakeOpenAi } from '../support/fake-openai.ts';

/** The functions as they are deployed, behind the edge of the template, over the network. */
let running: RunningChorus;
let openAi: FakeOpenAi;
let fireworks: FakeFireworks;
let sessionKey: string;
let instanceId: string;
const said: string[] = [];

beforeAll(async () => {
  openAi = await startFakeOpenAi();
  fireworks = await startFakeFireworks();
  const env = {
    OPENAI_API_KEY: openAiKey,
    OPENAI_BASE_URL: openAi.baseUrl,
    FIREWORKS_API_KEY: fireworksKey,
    FIREWORKS_BASE_URL: fireworks.baseUrl,
  };
  running = await startChorus({ port: 0, fresh: true, log: (line) => said.push(line), env });
  const address = 'owner@example.com';
  const { userId, requestId } = await json(post('/api/v2/login', { address, addressType: 'email' }));
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  ({ sessionKey } = await json(post('/api/v2/completeLogin', { userId, requestId, code })));
  instanceId = (await json(post('/api/projects', { name: 'A project' }))).defaultInstanceId;
});
afterEach(() => openAi.forget());
afterAll(async () => {
  await running.stop();
  openAi.stop();
  fireworks.stop();
});

function post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(sessionKey ? { authorization: `Bearer ${sessionKey}` } : {}),
  };
  return fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body), signal: signal ?? null });
}

const hello = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }] satisfies UIMessage[];
// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
const json = async (answer: Response | Promise<Response>): Promise<any> => (await answer).json();

const get = (path: string): Promise<Response> =>
  fetch(running.url + path, { headers: { authorization: `Bearer ${sessionKey}` } });

const chat = (signal?: AbortSignal) => post('/api/chat', { instanceId, messages: hello }, signal);

describe('a conversation over the network', () => {
  it('is read by the AI SDK’s own client, tools and all', async () => {
    openAi.next(
      { call: [{ name: 'write_key', input: { key: 'name', value: 'Ada' } }] },
      { say: ['I will remember', ' that, Ada.'] },
    );
    const transport = new DefaultChatTransport({
      api: `${running.url}/api/chat`,
      headers: { authorization: `Bearer ${sessionKey}` },
      body: { instanceId },
    });
    const stream = await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat',
      messageId: undefined,
      messages: hello,
      abortSignal: undefined,
    });
    let last: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream })) last = message;
    expect(last?.parts.map(({ type }) => type)).toEqual(['step-start', 'tool-write_key', 'step-start', 'text']);
    expect(last?.parts[1]).toMatchObject({ state: 'output-available', output: { success: true, key: 'name' } });
    expect(last?.parts[3]).toMatchObject({ text: 'I will remember that, Ada.' });
    const kept = await fetch(`${running.url}/api/instances/${instanceId}/keys/name`, {
      headers: { authorization: `Bearer ${sessionKey}` },
    });
    expect(await kept.json()).toMatchObject({ value: 'Ada' });
  });

  it('arrives while the model still speaks', async () => {
    const heard = Promise.withResolvers<void>();
    openAi.next({ say: ['First', 'Last'], wait: () => heard.promise });
    const { body, headers } = await chat();
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    let text = '';
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      // The model goes on when its first word has been read here.
      if (text.includes('First')) heard.resolve();
    }
    expect(eventsIn(text).flatMap(({ delta }) => delta ?? [])).toEqual(['First', 'Last']);
  });

  it('that breaks off in the middle says so, and ends', async () => {
    const heard = Promise.withResolvers<void>();
    openAi.next({ say: ['Half', ' an'], wait: () => heard.promise, then: 'break' });
    const { body } = await chat();
    let text = '';
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      if (text.includes('Half')) heard.resolve();
    }
    expect(eventsIn(text).map(({ type }) => type)).toEqual(expect.arrayContaining(['text-delta', 'error', '[DONE]']));
  });

  it('ends at the provider too when the client leaves', async () => {
    const left = openAi.whenLeft();
    openAi.next({ say: ['For', 'ever'], wait: () => left });
    const leaving = new AbortController();
    const { body } = await chat(leaving.signal);
    await body?.getReader().read();
    const usage = async () => (await json(get('/api/usage'))).usage.length;
    const before = await usage();
    leaving.abort();
    await left;
    // The provider was used, and will say so in its bill.
    await eventually(usage, (rows) => rows === before + 1);
  });

  it('is refused before it begins, in the words of other requests', async () => {
    const answer = await post('/api/chat', { instanceId: 'nobody’s', messages: hello });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 404,
      body: { error: 'Instance not found' },
    });
    const preflight = await fetch(`${running.url}/api/chat`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect((await fetch(`${running.url}/api/chat`)).status).toBe(404);
  });

  it('takes no key anywhere near a log', async () => {
    openAi.next({ fail: { status: 401, body: `{"error":{"message":"Bad key ${openAiKey}","type":"x","code":null}}` } });
    const answer = await chat();
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 500,
      body: { error: 'Chat failed', details: 'Bad key ***' },
    });
    expect(said.join('\n')).not.toContain(openAiKey);
    expect(said.join('\n')).not.toContain(fireworksKey);
  });
});

describe('an image that takes long', () => {
  it('is handed over, and kept when it is there', async () => {
    const answer = await post('/api/generate-image', { instanceId, outputKey: 'cat', prompt: 'A cat' });
    expect(answer.status).toBe(202);
    const { jobId } = await json(answer);
    fireworks.next({ status: 'Ready', result: { sample: 'QUJD' } });
    const headers = { authorization: `Bearer ${sessionKey}` };
    const job = () => json(fetch(`${running.url}/api/jobs/${jobId}`, { headers }));
    expect(await eventually(job, ({ status }) => status !== 'processing')).toEqual({ status: 'done' });
    const kept = await json(fetch(`${running.url}/api/instances/${instanceId}/keys/cat`, { headers }));
    expect(kept).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
  });
});
