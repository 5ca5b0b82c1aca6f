import type { LanguageModelMiddleware } from 'ai';

type Answer = Awaited<ReturnType<NonNullable<LanguageModelMiddleware['wrapStream']>>>;
type Part = Answer['stream'] extends ReadableStream<infer P> ? P : never;

/**
 * The AI SDK takes whatever a provider answers with 200 for an answer: a page, an empty body, the first half of a stream. Here
 * an answer whose end the provider did not announce is an error, so that nobody takes a part of it for all of it.
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
      // Tools of an answer that has failed are not called.
      controller.enqueue({ ...part, finishReason: { unified: 'error', raw: undefined } });
    },
  });
}

/** The SDK's words where the provider has given no reason to end. A reason that the SDK does not know is `other` too, but stands in `raw`. */
function isAnnounced({ finishReason: { unified, raw } }: Extract<Part, { type: 'finish' }>): boolean {
  return unified !== 'error' && (unified !== 'other' || raw !== undefined);
}
