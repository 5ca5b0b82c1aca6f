import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { findInstance, levelOn } from '../projects/reach.ts';
import { askToTryAgain, type Delivery, type Sequence } from './delivery.ts';
import { type Outcome, send } from './send.ts';
import { isTurn, restUntil } from './turns.ts';
import {
  dropUndelivered,
  firstUndelivered,
  giveUp,
  keepUndelivered,
  putOff,
  type Undelivered,
} from './undelivered-store.ts';
import type { Webhook } from './webhook.ts';
import { deactivate, noteFailed, noteTold, readWebhook } from './webhook-store.ts';

/**
 * Delivers changes to webhooks at least once, each change under one id. A webhook receives the changes of a key in
 * order: while one is undelivered, later ones wait behind it. Chorus gives up a change after a day of attempts.
 */

/** The pause after each failure. */
const minutes = 60_000;
const pausesMs = [
  5_000,
  5 * minutes,
  30 * minutes,
  120 * minutes,
  300 * minutes,
  600 * minutes,
  600 * minutes,
] as const;
/** If nothing was delivered for so long, the receiver is gone for good. */
const deadAfterMs = 5 * 24 * 60 * minutes;
/** One invocation delivers no more changes of one key. */
const mostAtOnce = 2;
/** A reminder may come a little early. */
const tolerantMs = 1_000;

/** Delivers a new change; work of the webhooks function. */
export async function tell(ports: Ports, delivery: Delivery): Promise<void> {
  const { table, clock } = ports;
  const webhook = await wantedBy(ports, delivery);
  if (!webhook) return;
  const first = await firstUndelivered(table, delivery);
  if (first) return waitBehind(ports, { delivery, attempts: 0, nextAt: clock.now() });
  if (isOver(await attempt(ports, webhook, delivery))) return;
  await waitBehind(ports, { delivery, attempts: 1, nextAt: nextAfter(ports, 1) });
}

/** Tries an undelivered change again; work of the webhooks function. */
export async function tryAgain(ports: Ports, sequence: Sequence): Promise<void> {
  const { table, clock } = ports;
  for (let count = 0; count < mostAtOnce; count++) {
    const first = await firstUndelivered(table, sequence);
    // The handler that postponed it has set another reminder.
    if (!first || first.nextAt > clock.now() + tolerantMs) return;
    const webhook = await wantedBy(ports, first.delivery);
    const outcome = webhook ? await attempt(ports, webhook, first.delivery) : 'unwanted';
    if (isOver(outcome)) {
      await dropUndelivered(table, first);
    } else if (outcome === 'failed' && first.attempts >= pausesMs.length) {
      ports.log.info('webhook given up', { webhook: first.delivery.webhookId, attempts: first.attempts + 1 });
      await giveUp(table, first, clock.now());
    } else {
      const attempts = Math.min(first.attempts + 1, pausesMs.length);
      const nextAt = nextAfter(ports, attempts);
      // Set before it is recorded: if this handler dies in between, the reminder finds a change that is still due.
      await remind(ports, sequence, nextAt);
      return putOff(table, { ...first, attempts, nextAt });
    }
  }
  await askToTryAgain(ports, sequence);
}

/** @returns undefined if the webhook was deleted or is inactive, or its owner may not read the instance any more */
async function wantedBy(ports: Ports, { instanceId, webhookId }: Delivery): Promise<Webhook | undefined> {
  const [webhook, instance] = await Promise.all([
    readWebhook(ports.table, instanceId, webhookId),
    findInstance(ports, instanceId),
  ]);
  if (!webhook?.isActive || !instance) return undefined;
  const { userId } = webhook;
  const asThemselves: Identity = { userId, role: 'none', credential: { kind: 'app', id: userId, expiresAt: null } };
  return (await levelOn(ports, asThemselves, instance)) && webhook;
}

/**
 * Delivers a change if it is the webhook's turn. Otherwise the change waits as after a failure, but this is no reason
 * to give up.
 * @returns `unwanted` also if nothing was delivered for too long
 */
async function attempt(ports: Ports, webhook: Webhook, delivery: Delivery): Promise<Outcome | 'not its turn'> {
  const { table, clock } = ports;
  if (!(await isTurn(ports, webhook))) return 'not its turn';
  const outcome = await send(ports, webhook, delivery);
  const now = clock.now();
  if (outcome === 'told') {
    await noteTold(table, webhook, now);
    return outcome;
  }
  const since = await noteFailed(table, webhook, { now, restsUntil: restUntil(webhook, now) });
  if (outcome === 'failed' && now - since <= deadAfterMs) return 'failed';
  await deactivate(table, webhook);
  return 'unwanted';
}

/** Whether there is nothing left to do. */
const isOver = (outcome: Outcome | 'not its turn'): boolean => outcome === 'told' || outcome === 'unwanted';

/** The first undelivered change of a key needs a reminder; those behind it follow it. */
async function waitBehind(ports: Ports, undelivered: Undelivered): Promise<void> {
  const { delivery } = undelivered;
  await keepUndelivered(ports.table, undelivered);
  const first = await firstUndelivered(ports.table, delivery);
  if (first?.delivery.version === delivery.version) await remind(ports, delivery, first.nextAt);
}

async function remind({ reminders }: Ports, { webhookId, instanceId, key }: Sequence, at: EpochMs): Promise<void> {
  const body: Sequence = { webhookId, instanceId, ...(key === undefined ? {} : { key }) };
  await reminders.set({ kind: 'webhook-due', at, body });
}

/** Adds up to a tenth at random, so that not all attempts come at once. */
function nextAfter({ clock, ids }: Ports, attempts: number): EpochMs {
  const pauseMs = pausesMs[attempts - 1] ?? 0;
  return branded<EpochMs>(clock.now() + pauseMs + ids.integer(Math.ceil(pauseMs / 10)));
}
