import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, webhooksOf } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';
import { hooking } from '../projects/hooked.ts';
import type { Webhook } from './webhook.ts';

/** Webhooks of instances, each also found by its id alone. */

export const mostWebhooks = 20;

export async function webhooksAt(table: Table, instanceId: string): Promise<Webhook[]> {
  return (await table.query({ pk: webhooksOf(instanceId) })).map(webhookOf);
}

export async function readWebhook(table: Table, instanceId: string, id: string): Promise<Webhook | undefined> {
  const item = await table.get(keys.webhook(instanceId, id));
  return item && webhookOf(item);
}

/** The id of the webhook's instance. */
export async function instanceOfWebhook(table: Table, id: string): Promise<string | undefined> {
  const item = await table.get(keys.webhookId(id));
  return item && String(item.instanceId);
}

/**
 * Also records on the instance that it has webhooks.
 * @throws Failure `not_found` when the instance is gone, `limit_exceeded`: if many are added at once, perhaps for more
 * of them than exceed the limit
 */
export async function addWebhook(table: Table, webhook: Webhook): Promise<void> {
  const { id, instanceId } = webhook;
  const added = await table.transact([
    { put: { ...keys.webhook(instanceId, id), ...webhook } },
    { put: { ...keys.webhookId(id), instanceId } },
    hooking(instanceId),
  ]);
  if (!added.ok) throw new Failure('not_found', 'Instance not found');
  const { length } = await table.query({ pk: webhooksOf(instanceId), only: ['sk'] });
  if (length <= mostWebhooks) return;
  await removeWebhook(table, instanceId, id);
  throw new Failure('limit_exceeded', `An instance has at most ${mostWebhooks} webhooks.`);
}

export async function removeWebhook(table: Table, instanceId: string, id: string): Promise<void> {
  await table.transact([{ delete: keys.webhook(instanceId, id) }, { delete: keys.webhookId(id) }]);
}

/** Records a successful delivery. */
export async function noteTold(table: Table, { instanceId, id }: Webhook, now: EpochMs): Promise<void> {
  await table.update(
    keys.webhook(instanceId, id),
    ex`SET lastTriggeredAt = ${now} REMOVE failingSince, failures, restsUntil`,
    {
      when: ex`attribute_exists(pk)`,
    },
  );
}

/** Records a failed delivery. @returns since when all have failed */
export async function noteFailed(
  table: Table,
  { instanceId, id }: Webhook,
  { now, restsUntil }: { readonly now: EpochMs; readonly restsUntil: EpochMs },
): Promise<EpochMs> {
  const written = await table.update(
    keys.webhook(instanceId, id),
    ex`SET lastTriggeredAt = ${now}, failingSince = if_not_exists(failingSince, ${now}), restsUntil = ${restsUntil} ADD failures ${1}`,
    { when: ex`attribute_exists(pk)` },
  );
  return (written.ok && written.item && webhookOf(written.item).failingSince) || now;
}

/** Of several deliveries that have read the same row, one gets the turn. @returns whether it was this one */
export async function takeTurn(
  table: Table,
  { instanceId, id, restsUntil }: Webhook,
  until: EpochMs,
): Promise<boolean> {
  const when = ex`restsUntil = ${restsUntil}`;
  return (await table.update(keys.webhook(instanceId, id), ex`SET restsUntil = ${until}`, { when })).ok;
}

/**
 * Counts a change that will never be delivered; part of the transaction that drops it. It fails if the webhook does not
 * exist.
 */
export function countSkipped({ instanceId, webhookId }: { instanceId: string; webhookId: string }): TransactWrite {
  return { update: keys.webhook(instanceId, webhookId), change: ex`ADD skipped ${1}`, when: ex`attribute_exists(pk)` };
}

/** Stops all deliveries to a webhook. */
export async function deactivate(table: Table, { instanceId, id }: Webhook): Promise<void> {
  await table.update(keys.webhook(instanceId, id), ex`SET isActive = ${false}`, { when: ex`attribute_exists(pk)` });
}

function webhookOf(item: Item): Webhook {
  return item as unknown as Webhook; // such items are only made above
}
