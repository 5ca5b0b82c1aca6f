import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import { detailsOf } from './provider-failure.ts';

/** The API of Fireworks, which generates images: submit a request, then poll for the image. */

export const imageModel = 'flux-kontext-pro';

export interface Fireworks {
  readonly url: string;
  readonly apiKey: string;
}

/** The request in Fireworks' form. */
export type ImageRequest = Readonly<Record<string, unknown>>;

/** The state of a submitted request. */
export type ImageState =
  | { readonly is: 'pending' }
  /** Base64, a `data:` URL, or the image's URL. */
  | { readonly is: 'ready'; readonly sample: string }
  /** The reason, without secrets. */
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'moderated' };

/** Timeout of each call, whose answer may contain an image. */
const callMs = 20_000;

/** @throws Failure `provider_not_configured` */
export async function fireworksOf(ports: Pick<Ports, 'settings' | 'secrets'>): Promise<Fireworks> {
  const { fireworks } = ports.settings;
  if (!fireworks) throw new Failure('provider_not_configured', 'Fireworks API key not configured');
  const url = `${fireworks.baseUrl}/workflows/accounts/fireworks/models/${imageModel}`;
  return { url, apiKey: await secretSetting(ports, fireworks.apiKey) };
}

export interface Submitted {
  readonly requestId: string;
}

/** @returns the reason, without secrets, if Fireworks refuses. @throws Error when Fireworks cannot be reached */
export async function submitImage(fireworks: Fireworks, request: ImageRequest): Promise<Submitted | { why: string }> {
  const { status, body } = await ask(fireworks, '', request);
  if (status < 400 && typeof body.request_id === 'string') return { requestId: body.request_id };
  const said = body.error ?? body.message ?? body.detail;
  const words = typeof said === 'string' ? said : isObject(said) ? String(said.message ?? '') : '';
  return { why: detailsOf(words || `status ${status}`, fireworks.apiKey) };
}

/** @throws Error when Fireworks cannot be reached, or does not answer within `withinMs` */
export async function askForImage(
  fireworks: Fireworks,
  { requestId }: Submitted,
  withinMs = callMs,
): Promise<ImageState> {
  const { body } = await ask(fireworks, '/get_result', { id: requestId }, Math.min(withinMs, callMs));
  const sample = isObject(body.result) ? body.result.sample : undefined;
  switch (body.status) {
    case 'Ready':
    case 'Complete':
    case 'Finished':
      if (typeof sample === 'string' && sample !== '') return { is: 'ready', sample };
      return { is: 'failed', why: 'there is no image in the answer' };
    case 'Failed':
    case 'Error':
      return { is: 'failed', why: detailsOf(words(body.details), fireworks.apiKey) };
    case 'Request Moderated':
      return { is: 'moderated' };
    default:
      return { is: 'pending' };
  }
}

function words(details: unknown): string {
  if (details === undefined || details === null) return 'unknown error';
  return typeof details === 'string' ? details : JSON.stringify(details);
}

async function ask({ url, apiKey }: Fireworks, path: string, body: object, withinMs = callMs) {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
  });
  return { status: answer.status, body: fieldsIn(await answer.text()) };
}

/** Parses a JSON object; any other text counts as an empty one. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
