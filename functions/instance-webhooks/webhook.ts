import { createHmac } from 'node:crypto';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Secrets } from '../core/ports.ts';

export type WebhookEvent = 'key.updated' | 'key.deleted' | 'instance.cleared';

/** An outside URL that receives the changes of an instance. */
export interface Webhook {
  readonly id: string;
  readonly instanceId: string;
  /** Its owner: it receives nothing that this user may not read. */
  readonly userId: UserId;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** False once it has failed for too long. */
  readonly isActive: boolean;
  readonly createdAt: EpochMs;
  readonly lastTriggeredAt?: EpochMs;
  /** Since when all deliveries have failed. */
  readonly failingSince?: EpochMs;
  /** The number of failures in a row. */
  readonly failures?: number;
  /** Nothing is delivered before this time; see `turns.ts`. */
  readonly restsUntil?: EpochMs;
  /** How many changes were never delivered, because newer ones of the same key waited as well. */
  readonly skipped?: number;
}

/** The secret that signs a webhook's deliveries. It is derived, and stored nowhere. */
export async function secretOf(secrets: Secrets, id: string): Promise<string> {
  const derived = createHmac('sha256', await secrets.server())
    .update(`webhook\n${id}`)
    .digest();
  return `whsec_${derived.toString('base64')}`;
}
