import { AISDKError, APICallError, RetryError } from 'ai';
import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import type { Call } from '../usage/calls.ts';

const maxLength = 300;
/** Matches texts that look like keys, because providers quote a key that they refuse. */
const keys = /\b(?:(?:sk|fw|pk)[-_]|bearer +)[\w*.-]{6,}/gi;

/** The message of a provider's failure, with all keys removed. */
export function detailsOf(thrown: unknown, apiKey: string): string {
  const said = wordsOf(thrown) ?? 'It failed.';
  const text = apiKey === '' ? said : said.replaceAll(apiKey, '***');
  return text.replace(keys, '***').slice(0, maxLength);
}

/** The AI SDK passes on `error` events of a stream as they are: objects with a message, or with such an object as `error`. */
function wordsOf(thrown: unknown): string | undefined {
  if (typeof thrown === 'string') return thrown;
  if (!isObject(thrown)) return undefined;
  return typeof thrown.message === 'string' ? thrown.message : wordsOf(thrown.error);
}

/**
 * The error for a model that could not be asked, or does not answer. If the AI SDK refused the messages before it called the
 * provider, the caller has to change them: 400.
 */
export function modelFailed(
  { log }: Pick<Ports, 'log'>,
  call: Pick<Call, 'wasReached'>,
  { what, thrown, apiKey }: { readonly what: string; readonly thrown: unknown; readonly apiKey: string },
): Failure {
  if (call.wasReached() || !isRefusedUnasked(thrown)) return providerFailed({ log }, what, thrown, apiKey);
  return new Failure(
    'unacceptable_request',
    `The request was invalid: no model takes it: ${detailsOf(thrown, apiKey)}`,
  );
}

/** `APICallError` and `RetryError` mean that the SDK tried to reach the provider. */
function isRefusedUnasked(thrown: unknown): boolean {
  return AISDKError.isInstance(thrown) && !APICallError.isInstance(thrown) && !RetryError.isInstance(thrown);
}

/**
 * The failure to throw after a provider's error. The log gets only the cleaned message, because the cause contains the
 * key.
 * @param what the message that clients know, e.g. `Transform failed`
 */
export function providerFailed({ log }: Pick<Ports, 'log'>, what: string, thrown: unknown, apiKey: string): Failure {
  const details = detailsOf(thrown, apiKey);
  log.error('a provider of models failed', new Error(details), { what });
  return new Failure('provider_failed', what, { details });
}
