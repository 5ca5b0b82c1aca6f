import { Webhook } from 'standardwebhooks';
import type { EpochMs } from './names.ts';
import { isSameSecret } from './timing-safe.ts';

/** Webhook requests, signed as the Standard Webhooks specification says; Svix signs in the same way. */
export interface SignedWebhook {
  /** Id of the message, the same for every delivery of it. */
  readonly id: string;
  /** When it was sent, in whole seconds. */
  readonly timestamp: string;
  readonly body: string;
}

/** Older requests are refused, so that a recorded one cannot be replayed later. */
const toleratedSeconds = 5 * 60;

/** @param secret `whsec_` and base64 */
export function signatureOf(secret: string, { id, timestamp, body }: SignedWebhook): string {
  return new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), body);
}

/** @param signatures `v1,` and base64 each, separated by blanks; one match is enough */
export function isSigned(secret: string, webhook: SignedWebhook, signatures: string, now: EpochMs): boolean {
  const { timestamp } = webhook;
  const isOfNow = /^\d{1,11}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= toleratedSeconds;
  if (!isOfNow) return false;
  const right = signatureOf(secret, webhook);
  return signatures.split(' ').some((signature) => isSameSecret(signature, right));
}
