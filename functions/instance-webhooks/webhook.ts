import { createHmac } from 'node:crypto';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Secrets } from '../core/ports.ts';

export type WebhookEvent = 'key.updated' | 'key.deleted' | 'instance.cleared';

/** An address outside that is told what happens in an instance. */
export interface Webhook {
  readonly id: string;
  readonly instanceId: string;
  /** Who wants it: it is told nothing that they may not read. */
  readonly userId: UserId;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** False once it has failed for too long. */
  readonly isActive: boolean;
  readonly createdAt: EpochMs;
  readonly lastTriggeredAt?: EpochMs;
  /** Since when nothing has got through. */
  readonly failingSince?: EpochMs;
  /** How often in a row. */
  readonly failures?: number;
  /** Nobody tries before; see `turns.ts`. */
  readonly restsUntil?: EpochMs;
  /** How many changes were never told since newer ones of the same key waited as well. */
  readonly skipped?: number;
}

/** Signs what it is told. It is derived, and stored nowhere. */
export async function secretOf(secrets: Secrets, id: string): Promise<string> {
  const derived = createHmac('sha256', await secrets.server())
    .update(`webhook\n${id}`)
    .digest();
  return `whsec_${derived.toString('base64')}`;
}
