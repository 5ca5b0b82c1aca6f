import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

const maxLength = 300;
/** Matches texts that look like keys, because providers quote a key that they refuse. */
const keys = /\b(?:(?:sk|fw|pk)[-_]|bearer +)[\w*.-]{6,}/gi;

/** The message of a provider's failure, with all keys removed. */
export function detailsOf(thrown: unknown, apiKey: string): string {
  const said = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : 'It failed.';
  const text = apiKey === '' ? said : said.replaceAll(apiKey, '***');
  return text.replace(keys, '***').slice(0, maxLength);
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
