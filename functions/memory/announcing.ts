import type { Ports } from '../core/ports.ts';
import type { Outcome } from './change.ts';
import { countLess } from './head-store.ts';
import { type Telling, tellKnown, tellSender } from './telling.ts';

/**
 * Says what a change has come to: news to everybody, of a change that changes nothing its sender hears alone. What it has
 * freed is counted meanwhile: nobody waits for that.
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
