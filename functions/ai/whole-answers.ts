import type { LanguageModelMiddleware } from 'ai';

type Answer = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapStream']>>>;
type Part = Answer['stream'] extends ReadableStream<infer P> ? P : never;

/**
 * The AI SDK accepts any body that a provider sends with status 200: an HTML page, an empty body, the first half of a stream.
 * This middleware turns an answer whose end the provider did not announce into an error, so that clients do not take a part of
 * an answer for the whole.
 */
export const wholeAnswers: LanguageModelMiddleware = {
  specificationVersion: 'v3',
  async wrapStream({ doStream }) {
    const answer = await doStream();
    return { ...answer, stream: answer.stream.pipeThrough(refusingParts()) };
  },
};

function refusingParts(): TransformStream<Part, Part> {
  let hasFailed = false;
  return new TransformStream({
    transform(part, controller) {
      hasFailed ||= part.type === 'error';
      if (part.type !== 'finish' || hasFailed || isAnnounced(part)) return controller.enqueue(part);
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
