import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

const maxLength = 300;
/** What looks like a key: providers quote the one that they do not accept. */
const keys = /\b(?:(?:sk|fw|pk)[-_]|bearer +)[\w*.-]{6,}/gi;

/** What a provider's failure comes to, in words that may be shown: no key stands in them. */
export function detailsOf(thrown: unknown, apiKey: string): string {
  const said = thrown instanceof Error ? thrown.message : typeof thrown === 'string' ? thrown : 'It failed.';
  const text = apiKey === '' ? said : said.replaceAll(apiKey, '***');
  return text.replace(keys, '***').slice(0, maxLength);
}

/**
 * To be thrown when a provider does not do its part. The log gets what may be shown and no more: the cause knows the key.
 * @param what what failed, as clients know it, e.g. `Transform failed`
 */
export function providerFailed({ log }: Pick<Ports, 'log'>, what: string, thrown: unknown, apiKey: string): Failure {
  const details = detailsOf(thrown, apiKey);
  log.error('a provider of models failed', new Error(details), { what });
  return new Failure('provider_failed', what, { details });
}
