import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { secretSetting } from '../core/secret-setting.ts';
import { detailsOf } from './provider-failure.ts';

/** Fireworks makes images: one says what is wanted, and asks until it is there. */

export const imageModel = 'flux-kontext-pro';

export interface Fireworks {
  readonly url: string;
  readonly apiKey: string;
}

/** What is wanted, in Fireworks' words. */
export type ImageRequest = Readonly<Record<string, unknown>>;

/** What has become of it. */
export type ImageState =
  | { readonly is: 'pending' }
  /** Base64, a `data:` URL, or where it is. */
  | { readonly is: 'ready'; readonly sample: string }
  /** In words that may be shown. */
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'moderated' };

/** Each call; the answer may hold an image. */
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

/** @returns why not, in words that may be shown, where Fireworks does not take it. @throws Error when it is not reached */
export async function submitImage(fireworks: Fireworks, request: ImageRequest): Promise<Submitted | { why: string }> {
  const { status, body } = await ask(fireworks, '', request);
  if (status < 400 && typeof body.request_id === 'string') return { requestId: body.request_id };
  const said = body.error ?? body.message ?? body.detail;
  const words = typeof said === 'string' ? said : isObject(said) ? String(said.message ?? '') : '';
  return { why: detailsOf(words || `status ${status}`, fireworks.apiKey) };
}

/** @throws Error when it is not reached, or does not answer within `withinMs` */
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

/** What is no JSON object says nothing. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
