import type { LanguageModelMiddleware } from 'ai';

type Answer = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapStream']>>>;
type Part = Answer['stream'] extends ReadableStream<infer P> ? P : never;

/**
 * The AI SDK accepts any body that a provider sends with status 200: an HTML page, an empty body, the first half of a stream.
 * This middleware turns an answer whose end the provider did not announce into an error, so that clients do not take a part of
 * an answer for the whole.
 */
export const wholeAnswers = (marked: EndMark): LanguageModelMiddleware => ({
  specificationVersion: 'v3',
  async wrapStream({ doStream }) {
    const answer = await doStream();
    return { ...answer, stream: answer.stream.pipeThrough(refusingParts(marked)) };
  },
});

/** Whether the event stream that was read last ended with the event `[DONE]`. */
export interface EndMark {
  isSeen: boolean;
}

/** The response, watched for `[DONE]`: servers that imitate OpenAI end with it, and some of them give no other sign. */
export function watchingEnd(answer: Response, mark: EndMark): Response {
  mark.isSeen = false;
  if (!answer.body) return answer;
  const decoder = new TextDecoder();
  let tail = '';
  const watched = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(bytes, controller) {
      tail = (tail + decoder.decode(bytes, { stream: true })).slice(-tailLength);
      mark.isSeen = /(^|\n)data: ?\[DONE\]\s*$/.test(tail);
      controller.enqueue(bytes);
    },
  });
  return new Response(answer.body.pipeThrough(watched), answer);
}

const tailLength = 64;

const saying: ReadonlySet<Part['type']> = new Set(['text-delta', 'tool-call']);

function refusingParts(marked: EndMark): TransformStream<Part, Part> {
  let hasFailed = false;
  let hasSaid = false;
  return new TransformStream({
    transform(part, controller) {
      hasFailed ||= part.type === 'error';
      hasSaid ||= saying.has(part.type);
      if (part.type !== 'finish' || hasFailed || isAnnounced(part) || (hasSaid && marked.isSeen))
        return controller.enqueue(part);
      controller.enqueue({ type: 'error', error: new Error('The provider’s answer ended before it was complete.') });
      // With this reason the SDK does not run the tools that the answer called.
      controller.enqueue({ ...part, finishReason: { unified: 'error', raw: undefined } });
    },
  });
}

/**
 * The SDK says `other` if the provider gave no reason for the end. For a reason that the SDK does not know it says `other` too,
 * with that reason in `raw`.
 */
function isAnnounced({ finishReason: { unified, raw } }: Extract<Part, { type: 'finish' }>): boolean {
  return unified !== 'error' && (unified !== 'other' || raw !== undefined);
}
