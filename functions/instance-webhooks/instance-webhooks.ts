import { identityOf } from '../auth/identity.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import { unhook } from '../projects/hooked.ts';
import { openInstance } from '../projects/reach.ts';
import { inSeconds } from '../projects/shown.ts';
import { instanceWebhooksContract } from './contract.ts';
import { secretOf, type Webhook } from './webhook.ts';
import { addWebhook, instanceOfWebhook, removeWebhook, webhooksAt } from './webhook-store.ts';

/**
 * The webhooks of instances. The instance's row says whether there are any, so that changes of all other instances cost
 * nothing more. A deleted webhook receives nothing from then on, not even changes from before.
 */
export const instanceWebhooks = implement('instanceWebhooks', instanceWebhooksContract, {
  async createWebhook(ports, caller, { id: instanceId, url, events }) {
    await openInstance(ports, caller, instanceId, 'admin');
    await ports.outbound.check(url);
    const { table, ids, clock, secrets } = ports;
    const webhook: Webhook = {
      id: ids.uuid(),
      instanceId,
      userId: identityOf(caller).userId,
      url,
      events: [...new Set(events)],
      isActive: true,
      createdAt: clock.now(),
    };
    await addWebhook(table, webhook);
    return {
      id: webhook.id,
      url,
      events,
      secret: await secretOf(secrets, webhook.id),
      is_active: 1,
    } as const;
  },

  async listWebhooks(ports, caller, { id }) {
    await openInstance(ports, caller, id, 'admin');
    return { webhooks: (await webhooksAt(ports.table, id)).toSorted((a, b) => a.createdAt - b.createdAt).map(shown) };
  },

  async deleteWebhook(ports, caller, { id }) {
    const instanceId = await instanceOfWebhook(ports.table, id);
    if (instanceId === undefined) throw missing();
    await openInstance(ports, caller, instanceId, 'admin').catch(hide);
    await removeWebhook(ports.table, instanceId, id);
    await unhook(ports, instanceId, async () => (await webhooksAt(ports.table, instanceId)).length > 0);
    return { success: true } as const;
  },
});

const missing = () => new Failure('not_found', 'Webhook not found');

/** Answers callers without permission as if the webhook did not exist. */
function hide(thrown: unknown): never {
  throw thrown instanceof Failure && ['not_found', 'not_authorized'].includes(thrown.code) ? missing() : thrown;
}

function shown(webhook: Webhook) {
  const { id, instanceId, userId, url, events, isActive, createdAt, lastTriggeredAt, skipped } = webhook;
  return {
    id,
    instance_id: instanceId,
    user_id: userId,
    url,
    events: [...events],
    is_active: isActive ? (1 as const) : (0 as const),
    created_at: inSeconds(createdAt),
    last_triggered_at: lastTriggeredAt === undefined ? null : inSeconds(lastTriggeredAt),
    skipped: skipped ?? 0,
  };
}
