import type { Ports } from '../core/ports.ts';
import type { Outcome } from './change.ts';
import { countLess } from './head-store.ts';
import { type Telling, tellKnown, tellSender } from './telling.ts';

/**
 * Delivers the result of a change: news to all listeners, the result of a change that changes nothing only to its
 * sender. Freed space is subtracted from the count in parallel, so that it delays no delivery.
 */
export async function announce(ports: Ports, instanceId: string, outcome: Outcome, telling: Telling): Promise<void> {
  const { isNews, freed } = outcome;
  const { sender } = telling;
  await Promise.all([
    isNews
      ? tellKnown(ports, instanceId, outcome, telling)
      : sender !== undefined && tellSender(ports, instanceId, outcome, sender),
    freed && countLess(ports, instanceId, freed),
  ]);
}
