import { createHash } from 'node:crypto';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { WebhookEvent } from './webhook.ts';

/** One change in an instance, as webhooks receive it. */
export interface Change {
  readonly instanceId: string;
  readonly type: WebhookEvent;
  readonly at: EpochMs;
  readonly version: number;
  readonly updatedBy: string;
  /** Absent if the whole instance was cleared. */
  readonly key?: string;
  /** Of a key that exists, as JSON text; below, the value's JSON text or where it is stored. */
  readonly attributes?: string;
  readonly text?: string;
  readonly blob?: { readonly name: string; readonly size: number; readonly sha256: string };
}

/** A change for one webhook; work of the webhooks function. */
export interface Delivery extends Change {
  readonly webhookId: string;
}

/** Deliveries that go out one after another: changes of one key to one webhook. */
export type Sequence = Pick<Delivery, 'webhookId' | 'instanceId' | 'key'>;

/** The id of a delivery, the same for every attempt. */
export function idOf({ webhookId, key = '', version }: Delivery): string {
  const hash = createHash('sha256').update(`${webhookId}\n${version}\n${key}`).digest('base64url');
  return `msg_${hash.slice(0, 32)}`;
}

const groupOf = ({ webhookId, key = '' }: Sequence): string => `${webhookId}:${key}`;

export async function askToTell({ deliveries }: Pick<Ports, 'deliveries'>, all: readonly Delivery[]): Promise<void> {
  await deliveries.send(
    all.map((delivery) => ({ kind: 'tell', group: groupOf(delivery), id: idOf(delivery), body: delivery })),
  );
}

/** Requests another attempt at the undelivered changes. */
export async function askToTryAgain(
  { deliveries, ids }: Pick<Ports, 'deliveries' | 'ids'>,
  sequence: Sequence,
): Promise<void> {
  await deliveries.send([{ kind: 'try-again', group: groupOf(sequence), id: ids.uuid(), body: sequence }]);
}

/** Undelivered changes are due again; job of the fan-out function, which may not call outside URLs itself. */
export type WebhookDueBody = Sequence;
export const webhookIsDue = askToTryAgain;
