import { Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';

/** A provider's answer: its status, and the fields of its JSON. There are none if the body is empty. */
export interface ProviderAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A user is waiting for the page. */
const patienceMs = 5_000;

/**
 * Requests JSON from an identity provider. Returns refusals as answers, and logs failures of the provider.
 * @param provider its name, for people
 * @throws Failure `service_unavailable` if the provider does not answer, fails, or answers with no JSON object
 */
export async function askJson(
  { log }: Pick<Ports, 'log'>,
  provider: string,
  url: string,
  request: {
    readonly method?: 'POST';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<ProviderAnswer> {
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const answer = await fetch(url, { ...request, signal, redirect: 'error' });
    const text = await answer.text();
    if (answer.status >= 500 || answer.status === 429) throw new Error(`It answered ${answer.status}.`);
    const isRefusal = answer.status >= 400;
    return { status: answer.status, body: isRefusal ? refusalIn(text) : fieldsIn(text) };
  } catch (cause) {
    throw unavailable({ log }, provider, cause, url);
  }
}

/** The failure to throw when a provider fails. */
export function unavailable({ log }: Pick<Ports, 'log'>, provider: string, cause: unknown, url: string): Failure {
  log.error('identity provider failed', cause, { provider, url: url.split('?')[0] });
  return new Failure('service_unavailable', `${provider} does not answer as it should; try again later.`);
}

function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  const value = parseJson(text);
  if (!isObject(value)) throw new Error('It answered no JSON object.');
  return value;
}

/** A refusal needs only its status; its body may have details. */
function refusalIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsIn(text);
  } catch {
    return {};
  }
}
