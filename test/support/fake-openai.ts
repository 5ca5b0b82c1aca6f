import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The connection breaks; or the provider reports a failure, sends something that is no event, or sends nothing more, be it
 * after a bare `[DONE]`.
 */
type Ending = 'break' | 'error' | 'garbage' | 'silence' | 'done';

/** What the model does at the next request. */
export interface Turn {
  /** Sent piece by piece. */
  readonly say?: readonly string[];
  /** Tools it calls, all in one step. */
  readonly call?: readonly { readonly name: string; readonly input: unknown }[];
  /** The request is answered with this status and body instead. */
  readonly fail?: { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };
  /** Follows the pieces, in place of the proper end. */
  readonly then?: Ending;
  /** Awaited before the first piece. */
  think?(): Promise<unknown>;
  /** Awaited before the last piece, and before the end. */
  wait?(): Promise<unknown>;
}

export interface AskedOf {
  readonly path: string;
  readonly authorization: string | undefined;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly body: any;
}

const usage = { input: 11, output: 7 };

/** The key that it accepts. */
export const openAiKey = 'sk-test-0123456789abcdef';

export type FakeOpenAi = Awaited<ReturnType<typeof startFakeOpenAi>>;

/**
 * A small OpenAI, over HTTP: the Responses API and chat completions, streamed or not. It does what a test has queued;
 * without that, it says `Hello there`.
 */
export async function startFakeOpenAi() {
  const asked: AskedOf[] = [];
  const turns: Turn[] = [];
  /** Resolves when a client has left. */
  let left: (() => void) | undefined;
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body = JSON.parse(text);
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization, body });
    response.on('close', () => {
      if (!response.writableFinished) left?.();
    });
    const turn = turns.shift() ?? { say: ['Hello', ' there'] };
    if (request.headers.authorization !== `Bearer ${openAiKey}`) {
      const message = `Incorrect API key provided: ${String(request.headers.authorization).slice(7)}.`;
      return fail(response, { status: 401, body: JSON.stringify({ error: { message, type: 'invalid', code: null } }) });
    }
    if (turn.fail) return fail(response, turn.fail);
    const words = path.endsWith('/responses') ? responsesApi : chatCompletions;
    if (body.stream !== true) {
      await turn.wait?.();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(words.whole(turn)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (event: unknown) =>
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    const said = turn.say ?? [];
    for (const event of words.before(turn)) say(event);
    await turn.think?.();
    for (const [at, piece] of said.entries()) {
      if (at === said.length - 1 && said.length > 1) await turn.wait?.();
      say(words.piece(piece));
    }
    if (said.length < 2) await turn.wait?.();
    if (turn.then === 'break') {
      await new Promise((resolve) => response.write(': \n\n', resolve));
      response.destroy();
      return;
    }
    if (turn.then === 'garbage') say('{"type":');
    else if (turn.then === 'error') say(words.error(`The server had an error with ${openAiKey}.`));
    else if (turn.then === 'done') say('[DONE]');
    else if (turn.then !== 'silence') for (const event of words.after(turn)) say(event);
    response.end();
  }

  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://localhost:${port}/v1`,
    asked,
    /** Queues what it does next, one turn per request. */
    next: (...more: readonly Turn[]) => void turns.push(...more),
    forget() {
      asked.length = 0;
      turns.length = 0;
    },
    whenLeft: () =>
      new Promise<void>((resolve) => {
        left = resolve;
      }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function fail(response: ServerResponse, { status, body = '', headers = {} }: NonNullable<Turn['fail']>): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

/** How one API spells a turn. */
interface Words {
  whole(turn: Turn): unknown;
  before(turn: Turn): readonly unknown[];
  piece(text: string): unknown;
  after(turn: Turn): readonly unknown[];
  error(message: string): unknown;
}

const tokens = {
  input_tokens: usage.input,
  output_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
};
const message = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' };
const callItem = ({ name, input }: { name: string; input: unknown }, at: number) => ({
  type: 'function_call',
  id: `fc_${at}`,
  call_id: `call_${at}`,
  name,
  arguments: JSON.stringify(input),
  status: 'completed',
});

const responsesApi: Words = {
  whole: ({ say = [], call = [] }) => ({
    id: 'resp_1',
    created_at: 1,
    model: 'fake',
    output: [
      ...(say.length > 0
        ? [{ ...message, content: [{ type: 'output_text', text: say.join(''), annotations: [] }] }]
        : []),
      ...call.map(callItem),
    ],
    usage: tokens,
    incomplete_details: null,
  }),
  before: ({ say = [] }) => [
    { type: 'response.created', response: { id: 'resp_1', created_at: 1, model: 'fake' } },
    ...(say.length > 0 ? [{ type: 'response.output_item.added', output_index: 0, item: message }] : []),
  ],
  piece: (delta) => ({
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta,
  }),
  after: ({ say = [], call = [] }) => [
    ...(say.length > 0 ? [{ type: 'response.output_item.done', output_index: 0, item: message }] : []),
    ...call.flatMap((one, at) => {
      const item = callItem(one, at);
      return [
        {
          type: 'response.output_item.added',
          output_index: at,
          item: { ...item, arguments: '', status: 'in_progress' },
        },
        { type: 'response.function_call_arguments.delta', item_id: item.id, output_index: at, delta: item.arguments },
        { type: 'response.output_item.done', output_index: at, item },
      ];
    }),
    { type: 'response.completed', response: { id: 'resp_1', usage: tokens, incomplete_details: null } },
  ],
  error: (text) => ({
    type: 'error',
    sequence_number: 9,
    error: { type: 'server_error', code: 'server_error', message: text, param: null },
  }),
};

const chunk = (delta: unknown, finish: string | null = null, more: object = {}) => ({
  id: 'chat_1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'fake',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const counted = {
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
};
const toolCall = ({ name, input }: { name: string; input: unknown }, index: number) => ({
  index,
  id: `call_${index}`,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
});

const chatCompletions: Words = {
  whole: ({ say = [] }) => ({
    id: 'chat_1',
    object: 'chat.completion',
    created: 1,
    model: 'fake',
    choices: [{ index: 0, message: { role: 'assistant', content: say.join('') }, finish_reason: 'stop' }],
    usage: counted,
  }),
  before: () => [chunk({ role: 'assistant', content: '' })],
  piece: (content) => chunk({ content }),
  after: ({ call = [] }) => [
    ...call.map((one, at) => chunk({ tool_calls: [toolCall(one, at)] })),
    chunk({}, call.length > 0 ? 'tool_calls' : 'stop', { usage: counted }),
    '[DONE]',
  ],
  error: (text) => ({ error: { message: text, type: 'server_error', param: null, code: null } }),
};
