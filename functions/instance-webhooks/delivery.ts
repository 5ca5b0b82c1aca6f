import { createHash } from 'node:crypto';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { WebhookEvent } from './webhook.ts';

/** What happened in an instance, once, as it is told outside. */
export interface Change {
  readonly instanceId: string;
  readonly type: WebhookEvent;
  readonly at: EpochMs;
  readonly version: number;
  readonly updatedBy: string;
  /** Absent where everything was cleared. */
  readonly key?: string;
  /** Of a key that is there, as JSON text; the value's, or where it is kept. */
  readonly attributes?: string;
  readonly text?: string;
  readonly blob?: { readonly name: string; readonly size: number; readonly sha256: string };
}

/** To be told to one webhook; work of the webhooks function. */
export interface Delivery extends Change {
  readonly webhookId: string;
}

/** What is told one after another: changes of one key to one webhook. */
export type Sequence = Pick<Delivery, 'webhookId' | 'instanceId' | 'key'>;

/** The same however often it is told. */
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

/** Has what could not be told tried again. */
export async function askToTryAgain(
  { deliveries, ids }: Pick<Ports, 'deliveries' | 'ids'>,
  sequence: Sequence,
): Promise<void> {
  await deliveries.send([{ kind: 'try-again', group: groupOf(sequence), id: ids.uuid(), body: sequence }]);
}

/** What could not be told is due again; job of the fan-out function, which may not reach outside. */
export type WebhookDueBody = Sequence;
export const webhookIsDue = askToTryAgain;
