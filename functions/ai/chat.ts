import {
  createUIMessageStreamResponse,
  stepCountIs,
  streamText,
  UI_MESSAGE_STREAM_HEADERS,
  type UIMessageChunk,
} from 'ai';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { Streamed } from '../core/streamed.ts';
import { type Call, callOf } from '../usage/calls.ts';
import { downloadNothing } from './download-nothing.ts';
import { openMemory } from './instance-memory.ts';
import { type GivenMessage, modelMessages } from './messages.ts';
import { modelNamed } from './openai.ts';
import { detailsOf, modelFailed } from './provider-failure.ts';
import { systemPrompt } from './system-prompt.ts';
import { type Mode, toolsOver } from './tools.ts';

/** The most model calls: after each round of tools the model is called again with their results. */
const maxSteps = 10;
/** Proxies between server and client end a stream that is silent for long. */
const keepAliveMs = 15_000;
const failed = 'Chat failed';

export interface Chatting {
  readonly instanceId: string;
  readonly messages: readonly GivenMessage[];
  readonly mode: Mode;
  readonly model: string;
}

/**
 * A chat about an instance. An error before the model's first output is a refusal. Later errors, or errors after the
 * latest moment for the answer to begin, are a part of the stream. The stream ends early when the client disconnects or
 * the time runs out.
 */
export async function chat(ports: Ports, caller: Caller, { instanceId, messages, mode, model }: Chatting) {
  const conversation = await modelMessages(messages);
  const memory = await openMemory(ports, caller, instanceId);
  const call = callOf(ports, caller, { endpoint: '/api/chat', instanceId, model });
  const { apiKey, ...asked } = await modelNamed(ports, model, call);
  const system = await systemPrompt(await memory.list(), memory.valueOf);
  const patience = caller.patience?.();
  let why: Failure | undefined;
  const said = (error: unknown): string => {
    why = modelFailed(ports, call, { what: failed, thrown: error, apiKey });
    return detailsOf(error, apiKey);
  };
  const stream = streamText({
    ...asked,
    system,
    messages: conversation,
    tools: toolsOver(ports, memory, mode),
    stopWhen: stepCountIs(maxSteps),
    experimental_download: downloadNothing,
    ...(patience ? { abortSignal: patience } : {}),
    onStepFinish: ({ usage }) => call.answered(usage),
    onError: ({ error }) => void said(error),
  }).toUIMessageStream({ onError: (error) => detailsOf(error, apiKey) });
  const coming = toldWhole(stream, said);
  const first: UIMessageChunk[] = [];
  const begun = begin(first, coming);
  await Promise.race([begun, ...(caller.beginning ? [aborted(caller.beginning())] : [])]);
  const last = first.at(-1);
  if (last?.type === 'error') {
    await coming.return(undefined);
    await call.note();
    throw why ?? new Failure('provider_failed', failed, { details: last.errorText });
  }
  return streamed(ReadableStream.from(chunks(first, begun, coming, call)));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Chunks that also an empty or failed answer has, so that they do not show that the model has said something. */
const frames: ReadonlySet<UIMessageChunk['type']> = new Set([
  'start',
  'start-step',
  'text-start',
  'text-end',
  'reasoning-start',
  'reasoning-end',
  'finish-step',
]);

/** Reads chunks until the model's first output or error. */
async function begin(first: UIMessageChunk[], coming: AsyncGenerator<UIMessageChunk>): Promise<void> {
  for (;;) {
    const { done, value } = await coming.next();
    if (done) return;
    first.push(value);
    if (!frames.has(value.type)) return;
  }
}

/** Ends a broken stream, for example after a provider's failure, with the error. */
async function* toldWhole(
  stream: ReadableStream<UIMessageChunk>,
  said: (error: unknown) => string,
): AsyncGenerator<UIMessageChunk, undefined> {
  try {
    for await (const chunk of stream) yield chunk.type === 'abort' ? { type: 'error', errorText: tooLong } : chunk;
  } catch (error) {
    yield { type: 'error', errorText: said(error) };
  }
}

const tooLong = 'There was no time left.';

/** All chunks. Usage is recorded, however the stream ends. */
async function* chunks(
  first: UIMessageChunk[],
  begun: Promise<void>,
  coming: AsyncGenerator<UIMessageChunk>,
  call: Call,
): AsyncGenerator<UIMessageChunk> {
  try {
    yield* first.splice(0);
    await begun;
    yield* first.splice(0);
    yield* coming;
  } finally {
    await call.note();
  }
}

function streamed(stream: ReadableStream<UIMessageChunk>): Streamed {
  const { body } = createUIMessageStreamResponse({ stream, keepAliveMs });
  const pieces = body?.pipeThrough(new TextDecoderStream()) ?? ReadableStream.from<string>([]);
  return new Streamed(headers, sinceData(pieces));
}

/** Drops the comment that opens a stream, because clients with their own parser take everything for data. */
async function* sinceData(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let isOpen = false;
  for await (const piece of pieces) {
    isOpen ||= piece.startsWith('data:');
    if (isOpen) yield piece;
  }
}

const headers = {
  'Content-Type': UI_MESSAGE_STREAM_HEADERS['content-type'],
  'Cache-Control': UI_MESSAGE_STREAM_HEADERS['cache-control'],
  'X-Vercel-AI-UI-Message-Stream': UI_MESSAGE_STREAM_HEADERS['x-vercel-ai-ui-message-stream'],
  'X-Accel-Buffering': UI_MESSAGE_STREAM_HEADERS['x-accel-buffering'],
};
