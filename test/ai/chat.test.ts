import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Answering } from '../../functions/adapters/response-stream.ts';
import { ai } from '../../functions/ai/ai.ts';
import { makeStreamingHandler } from '../../functions/http/door.ts';
import { type AiWorld, aiWorld, eventsIn } from '../support/ai-world.ts';
import type { Turn } from '../support/fake-openai.ts';
import { eventOf } from '../support/http.ts';

const worlds = { responses: await aiWorld('responses'), chat: await aiWorld('chat') };
const world = worlds.responses;
const { openAi } = world;

afterEach(() => {
  for (const each of Object.values(worlds)) each.openAi.forget();
});
afterAll(() => {
  for (const each of Object.values(worlds)) each.stop();
});

const hello = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }];

async function talk(body: object = {}, { post, instanceId }: AiWorld = world) {
  const answer = await post('/api/chat', { instanceId, messages: hello, ...body });
  return { ...answer, events: eventsIn(answer.text) };
}

/** Behind the edge, which gives up on silence. */
function atTheEdge(answering: Answering): Promise<void> {
  const chats = ai.filter(({ name }) => name === 'ai.chat');
  const door = makeStreamingHandler(() => world.ports, chats, { beginsWithinMs: 20 });
  const asked = { as: world.owner.sessionKey, body: { instanceId: world.instanceId, messages: hello } };
  const event = eventOf('POST', '/api/chat', asked, world.ports);
  return door(event, answering, { getRemainingTimeInMillis: () => 60_000 });
}

/** What the model was told before the conversation. */
function toldIn(asked: AiWorld['openAi']['asked'][number] | undefined): string {
  const [first] = asked?.body.input ?? asked?.body.messages ?? [];
  return first?.content;
}

describe.each(['responses', 'chat'] as const)('a conversation over %s', (api) => {
  const here = worlds[api];

  it('is a UI message stream', async () => {
    const { status, headers, events, text } = await talk({}, here);
    // Nothing but data: not everybody who reads it knows comments.
    expect(text).toMatch(/^(data: .+\n\n)+$/);
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'x-vercel-ai-ui-message-stream': 'v1',
        'access-control-allow-origin': '*',
      },
    });
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'finish-step',
      'finish',
      '[DONE]',
    ]);
    expect(events.flatMap(({ delta }) => delta ?? []).join('')).toBe('Hello there');
  });

  it('goes to the provider as configured, with the key and the model that was asked for', async () => {
    await talk({ model: 'gpt-5-mini' }, here);
    expect(here.openAi.asked).toMatchObject([
      {
        path: api === 'responses' ? '/v1/responses' : '/v1/chat/completions',
        authorization: 'Bearer sk-test-0123456789abcdef',
        body: { model: 'gpt-5-mini', stream: true },
      },
    ]);
  });

  it('asks again after tools were called, with what they answered', async () => {
    await here.put('name', 'Ada');
    here.openAi.next(
      {
        call: [
          { name: 'read_key', input: { key: 'name' } },
          { name: 'list_keys', input: {} },
        ],
      },
      {
        call: [
          { name: 'write_key', input: { key: 'greeting', value: { text: 'Hi Ada' }, type: 'json', tags: ['new'] } },
        ],
      },
      { say: ['Done', '.'] },
    );
    const { events } = await talk({}, here);
    const outputs = events.filter(({ type }) => type === 'tool-output-available').map(({ output }) => output);
    expect(outputs[0]).toEqual({ key: 'name', value: 'Ada', type: 'text', tags: [], readonly: false });
    expect(outputs[1].keys).toContainEqual({ key: 'name', type: 'text', tags: [], readonly: false });
    expect(outputs[2]).toEqual({ success: true, key: 'greeting', value: { text: 'Hi Ada' } });
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'start-step')).toHaveLength(3);
    expect(types).toEqual(expect.arrayContaining(['tool-input-start', 'tool-input-delta', 'tool-input-available']));
    expect(here.openAi.asked).toHaveLength(3);
    expect(JSON.stringify(here.openAi.asked[2]?.body)).toContain('Hi Ada');
    expect(await here.key('greeting')).toMatchObject({
      value: { text: 'Hi Ada' },
      attributes: { type: 'json', tags: ['new'], visible: true },
    });
  });

  it('that fails in the middle says why, without the key', async () => {
    here.openAi.next({ say: ['Half', ' an'], then: 'error' });
    const { events, text } = await talk({}, here);
    expect(events.find(({ type }) => type === 'error')?.errorText).toBe('The server had an error with ***.');
    expect(text).not.toContain('sk-test');
  });

  it.each<[string, Turn]>([
    ['JSON', { fail: { status: 200, body: '{"foo":1}' } }],
    ['a page', { fail: { status: 200, body: '<html></html>', headers: { 'content-type': 'text/html' } } }],
    ['nothing', { fail: { status: 200 } }],
    ['only [DONE]', { fail: { status: 200, body: 'data: [DONE]\n\n' } }],
    ['a beginning', { then: 'silence' }],
  ])('to which the provider answers 200 with %s fails, and has used it', async (_what, turn) => {
    const before = (await here.usage()).length;
    here.openAi.next(turn);
    const { status, body } = await talk({}, here);
    expect({ status, body }).toEqual({ status: 500, body: { error: 'Chat failed', details: expect.any(String) } });
    const [row, ...older] = await here.usage();
    expect(row).toMatchObject({ endpoint: '/api/chat', input_tokens: null, output_tokens: null });
    expect(older).toHaveLength(before);
  });

  it.each<[string, Turn]>([
    ['a text', { say: ['Half', ' an'], then: 'silence' }],
    ['a tool', { call: [{ name: 'write_key', input: { key: 'half', value: 1 } }], then: 'silence' }],
  ])('that ends in the middle of %s says so', async (_what, turn) => {
    here.openAi.next({ say: ['First'], call: [{ name: 'list_keys', input: {} }] }, turn);
    const { status, events } = await talk({}, here);
    expect(status).toBe(200);
    expect(events).toContainEqual({ type: 'error', errorText: 'The provider’s answer ended before it was complete.' });
    expect(events.at(-1)).toEqual({ type: '[DONE]' });
    expect(await here.key('half')).toBeUndefined();
    expect(here.openAi.asked).toHaveLength(2);
  });

  it('is whole when a server that imitates OpenAI ends it with [DONE] alone', async () => {
    here.openAi.next({ say: ['All', ' of it'], then: 'done' });
    const { status, events } = await talk({}, here);
    expect(status).toBe(200);
    expect(events.flatMap(({ delta }) => delta ?? []).join('')).toBe('All of it');
    expect(events.map(({ type }) => type)).not.toContain('error');
  });

  it('counts tokens of all its steps, once', async () => {
    const before = (await here.usage()).length;
    here.openAi.next({ call: [{ name: 'list_keys', input: {} }] }, { say: ['Fine'] });
    await talk({ model: 'gpt-5' }, here);
    const rows = await here.usage();
    expect(rows.length).toBe(before + 1);
    expect(rows[0]).toEqual({
      id: expect.any(String),
      endpoint: '/api/chat',
      instance_id: here.instanceId,
      api_key_id: null,
      model: 'gpt-5',
      input_tokens: 22,
      output_tokens: 14,
      created_at: Math.floor(here.clock.now() / 1000),
    });
  });
});

describe('messages', () => {
  it('may have their text as content', async () => {
    await talk({
      messages: [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: 'Three' },
      ],
    });
    const [, ...input] = openAi.asked[0]?.body.input ?? [];
    expect(input.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(JSON.stringify(input)).toMatch(/One.*Two.*Three/);
  });

  it('keep the calls of tools that a client has seen, and leave out those that never ended', async () => {
    const parts = [
      { type: 'step-start' },
      {
        type: 'tool-read_key',
        toolCallId: 'c1',
        state: 'output-available',
        input: { key: 'a' },
        output: { value: 'seen' },
      },
      { type: 'tool-read_key', toolCallId: 'c2', state: 'input-available', input: { key: 'b' } },
      { type: 'text', text: 'It is there.' },
    ];
    const { status } = await talk({ messages: [...hello, { id: 'm2', role: 'assistant', parts }, ...hello] });
    expect(status).toBe(200);
    const sent = JSON.stringify(openAi.asked[0]?.body.input);
    expect(sent).toContain('seen');
    expect(sent).not.toContain('c2');
  });

  it('never make us fetch what they refer to', async () => {
    const file = { type: 'file', mediaType: 'image/png', url: 'http://169.254.169.254/latest/meta-data' };
    await talk({ messages: [{ id: 'm1', role: 'user', parts: [file, { type: 'text', text: 'What is it?' }] }] });
    expect(JSON.stringify(openAi.asked[0]?.body.input)).toContain('http://169.254.169.254/latest/meta-data');
  });

  it.each([
    ['no instance', { instanceId: undefined }, 'instanceId required'],
    ['an empty instance', { instanceId: '' }, 'instanceId required'],
    ['no messages', { messages: undefined }, 'messages array required'],
    ['messages that are no list', { messages: 'Hello' }, 'messages array required'],
    ['an empty list', { messages: [] }, 'messages array required'],
  ])('with %s are refused', async (_what, body, error) => {
    const { status, body: answer } = await talk(body);
    expect({ status, answer }).toEqual({ status: 400, answer: { error } });
    expect(openAi.asked).toEqual([]);
  });

  it.each([
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['a part that is none', { messages: [{ role: 'user', parts: [{ type: 'text' }] }] }],
    ['an unknown mode', { mode: 'admin' }],
    ['a model that is no text', { model: 5 }],
    ['more than 200 messages', { messages: Array.from({ length: 201 }, () => hello[0]) }],
  ])('with %s are refused', async (_what, body) => {
    expect((await talk(body)).status).toBe(400);
    expect(openAi.asked).toEqual([]);
  });

  it.each([
    ['neither parts nor content', [{ role: 'user' }]],
    ['nothing for the model', [{ role: 'user', parts: [{ type: 'data-place', data: { x: 1 } }] }]],
    ['nothing but the beginning of a step', [{ role: 'assistant', parts: [{ type: 'step-start' }] }]],
    [
      'nothing but a call that has not ended',
      [
        {
          role: 'assistant',
          parts: [{ type: 'tool-read_key', toolCallId: 'c', state: 'input-available', input: { key: 'a' } }],
        },
      ],
    ],
    [
      'a file that no model takes',
      [{ role: 'user', parts: [{ type: 'file', mediaType: 'text/plain', url: 'data:text/plain;base64,QUJD' }] }],
    ],
  ])('of %s are refused, whichever API', async (_what, messages) => {
    for (const here of Object.values(worlds)) {
      const before = await here.usage();
      const { status, body } = await talk({ messages }, here);
      expect({ status, body }).toEqual({
        status: 400,
        body: { error: expect.stringContaining('The request was invalid: ') },
      });
      expect(here.openAi.asked).toEqual([]);
      expect(await here.usage()).toEqual(before);
    }
  });

  it('of an assistant who was cut off are left out', async () => {
    const cutOff = { id: 'm2', role: 'assistant', parts: [{ type: 'step-start' }] };
    expect((await talk({ messages: [...hello, cutOff, ...hello] })).status).toBe(200);
  });

  it('of which there are more than 200 are told so', async () => {
    const { body } = await talk({ messages: Array.from({ length: 201 }, () => hello[0]) });
    expect(body).toEqual({ error: expect.stringContaining('at most 200 messages') });
  });

  it('may be 200, and 1 MiB in all', async () => {
    expect((await talk({ messages: Array.from({ length: 200 }, () => hello[0]) })).status).toBe(200);
    const content = 'x'.repeat(1024 * 1024);
    expect((await talk({ messages: [{ role: 'user', content: content.slice(0, -1_000) }] })).status).toBe(200);
    expect((await talk({ messages: [{ role: 'user', content }] })).status).toBe(413);
  });
});

describe('what the model is told', () => {
  it('is the context, and all keys with what they are', async () => {
    const fresh = await aiWorld();
    await fresh.put('about', 'Be kind.', { tags: ['SystemPrompt'], zIndex: 2 });
    await fresh.put('facts', { planet: 'Earth' }, { type: 'json', systemTags: ['LLMRead'], readonly: true });
    await fresh.put('newer', 'From contentTags', { contentTags: ['SystemPrompt'], zIndex: 1 });
    await fresh.put('older', 'From prompt', { systemTags: ['prompt'] });
    await fresh.put('secret', 'not for the context', { tags: ['diary', 'mine'] });
    await fresh.put('picture', 'QUJD', { type: 'image', tags: ['SystemPrompt'] });
    await fresh.put('long', 'x'.repeat(16 * 1024 + 1), { tags: ['SystemPrompt'] });
    await fresh.put('just fits', 'y'.repeat(16 * 1024), { tags: ['SystemPrompt'] });
    await fresh.post('/api/chat', { instanceId: fresh.instanceId, messages: hello });
    const told = toldIn(fresh.openAi.asked[0]);
    expect(told).toContain('## about\nBe kind.');
    expect(told).toContain('## facts\n{\n  "planet": "Earth"\n}');
    expect(told).toContain('## newer\nFrom contentTags');
    expect(told).toContain('## older\nFrom prompt');
    expect(told).not.toContain('not for the context');
    expect(told).toContain('## picture\n[image of 6 bytes]');
    expect(told).toMatch(/## long\n\[text of 16387 bytes\]/);
    expect(told).toContain(`## just fits\n${'y'.repeat(16 * 1024)}\n`);
    expect(told).toContain('- facts (readonly): json');
    expect(told).toContain('- secret: text, tags: diary, mine');
    expect(told.indexOf('## newer')).toBeLessThan(told.indexOf('## about'));
    fresh.stop();
  });

  it('is the context also where the memory is large, of which nothing else is read', async () => {
    const fresh = await aiWorld();
    for (let n = 0; n < 12; n += 1) await fresh.put(`large ${n}`, `${n}`.repeat(100_000));
    await fresh.put('about', 'Be kind.', { systemTags: ['SystemPrompt'] });
    const read = jest.spyOn(fresh.ports.table, 'query');
    await fresh.post('/api/chat', { instanceId: fresh.instanceId, messages: hello });
    const pages = await Promise.all(read.mock.results.map(({ value }) => value));
    read.mockRestore();
    expect(JSON.stringify(pages)).toContain('large 11');
    expect(JSON.stringify(pages).length).toBeLessThan(100_000);
    const told = toldIn(fresh.openAi.asked[0]);
    expect(told).toContain('## about\nBe kind.');
    expect(told).toContain('- about (readonly): text');
    expect(told).toContain('- large 11: text');
    fresh.stop();
  });

  it('holds 16 KB of a value and 128 KB in all as they are shown, however they are nested and many they are', async () => {
    const fresh = await aiWorld();
    const deep = (zeros: number) => JSON.parse(`${'['.repeat(90)}${Array(zeros).fill(0)}${']'.repeat(90)}`);
    const tags = { tags: ['SystemPrompt'], type: 'json' };
    await fresh.put('explodes', deep(5_000), tags);
    for (let n = 0; n < 12; n += 1) await fresh.put(`wide ${n}`, Array(2_500).fill(0), tags);
    for (let n = 0; n < 300; n += 1)
      await fresh.put(`${n}`.padEnd(500, 'x'), '', { tags: ['SystemPrompt'], zIndex: 1 });
    await fresh.post('/api/chat', { instanceId: fresh.instanceId, messages: hello });
    const told = toldIn(fresh.openAi.asked[0]);
    const context = told.slice(told.indexOf('# Current context'), told.indexOf('# Keys'));
    expect(context).toContain(`## explodes\n[json of 10179 bytes]`);
    expect(context).toContain('## wide 0\n[\n  0,\n  0,');
    expect(context).toContain(`## wide 9\n[json of 5001 bytes]`);
    expect(context).toMatch(/\.\.\. and \d+ more: read_key shows them/);
    expect(context.length).toBeLessThanOrEqual(129 * 1024);
    fresh.stop();
  });

  it('is made anew for each request', async () => {
    await world.put('mood', 'happy', { tags: ['SystemPrompt'] });
    await talk();
    await world.put('mood', 'thoughtful');
    await talk();
    expect(openAi.asked.map(toldIn).map((told) => /## mood\n(\w+)/.exec(told)?.[1])).toEqual(['happy', 'thoughtful']);
  });
});

describe('a model', () => {
  it('is asked ten times at most, however often it calls its tools', async () => {
    openAi.next(...Array.from({ length: 12 }, (): Turn => ({ call: [{ name: 'list_keys', input: {} }] })));
    const { events } = await talk();
    expect(openAi.asked).toHaveLength(10);
    expect(events.at(-1)).toEqual({ type: '[DONE]' });
  });

  it('that calls a tool wrongly, or one that there is not, hears so and goes on', async () => {
    openAi.next(
      {
        call: [
          { name: 'read_key', input: { name: 'x' } },
          { name: 'format_disk', input: {} },
        ],
      },
      { say: ['I see'] },
    );
    const { events } = await talk();
    expect(
      events.filter(({ type }) => type === 'tool-output-error' || type === 'tool-input-error').length,
    ).toBeGreaterThan(1);
    expect(openAi.asked).toHaveLength(2);
  });

  it('that is not allowed to be asked is refused with the provider’s reason, without the key', async () => {
    const wrong = await aiWorld('responses', {
      openAi: { apiKey: 'sk-wrong-abcdefghijklm', baseUrl: openAi.baseUrl, api: 'responses' },
    });
    const { status, body, text } = await wrong.post('/api/chat', { instanceId: wrong.instanceId, messages: hello });
    expect({ status, body }).toEqual({
      status: 500,
      body: { error: 'Chat failed', details: 'Incorrect API key provided: ***.' },
    });
    expect(text).not.toContain('sk-wrong');
    expect(JSON.stringify(wrong.log)).not.toContain('sk-wrong');
    expect(await wrong.usage()).toMatchObject([{ endpoint: '/api/chat', input_tokens: null }]);
    wrong.stop();
  });

  it.each<[string, Turn]>([
    ['refuses', { fail: { status: 400, body: '{"error":{"message":"No such model","type":"x","code":null}}' } }],
    ['says what is no event', { then: 'garbage' }],
    ['breaks off before the first word', { then: 'break' }],
  ])('whose provider %s before the first word: the request fails', async (_what, turn) => {
    const before = (await world.usage()).length;
    openAi.next(turn);
    const { status, body } = await talk();
    expect({ status, body }).toEqual({ status: 500, body: { error: 'Chat failed', details: expect.any(String) } });
    expect((await world.usage()).length).toBe(before + 1);
  });

  it('is asked again where its provider was busy', async () => {
    openAi.next({ fail: { status: 503, headers: { 'retry-after-ms': '1' } } });
    expect((await talk()).status).toBe(200);
    expect(openAi.asked).toHaveLength(2);
  });

  it('that nobody can reach has not been used', async () => {
    const closed = await aiWorld();
    closed.stop();
    const before = (await closed.usage()).length;
    const { status } = await closed.post('/api/chat', { instanceId: closed.instanceId, messages: hello });
    expect(status).toBe(500);
    expect((await closed.usage()).length).toBe(before);
  });

  it('that takes too long is broken off in time to say so', async () => {
    openAi.next({ say: ['Slow', 'ly'], wait: () => openAi.whenLeft() });
    const answer = await world.http('POST', '/api/chat', {
      as: world.owner.sessionKey,
      body: { instanceId: world.instanceId, messages: hello },
      remainingMs: 1_800,
    });
    const events = eventsIn(answer.text);
    expect(events.find(({ type }) => type === 'text-delta')?.delta).toBe('Slow');
    expect(events).toContainEqual({ type: 'error', errorText: 'There was no time left.' });
    expect(events.at(-1)).toEqual({ type: '[DONE]' });
  });

  describe('that thinks for long before it says anything', () => {
    async function talkAtTheEdge() {
      const begun = Promise.withResolvers<number | undefined>();
      let text = '';
      const answering: Answering = {
        gone: new AbortController().signal,
        async send({ statusCode }, body) {
          for await (const piece of body) {
            begun.resolve(statusCode);
            text += piece;
          }
        },
      };
      const ended = atTheEdge(answering);
      return { status: await begun.promise, events: ended.then(() => eventsIn(text)) };
    }

    it('is waited for within an answer that has begun', async () => {
      const thought = Promise.withResolvers<void>();
      openAi.next({ think: () => thought.promise, say: ['Well'] });
      const { status, events } = await talkAtTheEdge();
      thought.resolve();
      expect(status).toBe(200);
      const types = (await events).map(({ type }) => type);
      expect(types).toEqual([
        'start',
        'start-step',
        'text-start',
        'text-delta',
        'text-end',
        'finish-step',
        'finish',
        '[DONE]',
      ]);
    });

    it('and then fails says so there, and has been used', async () => {
      const thought = Promise.withResolvers<void>();
      const before = (await world.usage()).length;
      openAi.next({ think: () => thought.promise, then: 'break' });
      const { status, events } = await talkAtTheEdge();
      thought.resolve();
      expect(status).toBe(200);
      const types = (await events).map(({ type }) => type);
      expect([types.at(0), types.at(-2), types.at(-1)]).toEqual(['start', 'error', '[DONE]']);
      expect((await world.usage()).length).toBe(before + 1);
    });
  });

  it('has been used also by a client that leaves before the first word', async () => {
    const before = (await world.usage()).length;
    const gone = new AbortController();
    openAi.next({
      async think() {
        gone.abort();
        await openAi.whenLeft();
      },
    });
    await atTheEdge({ gone: gone.signal, async send() {} });
    expect((await world.usage()).length).toBe(before + 1);
  });

  it('is none without a key', async () => {
    const without = await aiWorld('responses', { openAi: undefined });
    without.stop();
    expect(await without.post('/api/chat', { instanceId: without.instanceId, messages: hello })).toMatchObject({
      status: 500,
      body: { error: 'OpenAI API key not configured' },
    });
  });
});
