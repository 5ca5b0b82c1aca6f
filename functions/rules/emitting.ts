import type { Ports } from '../core/ports.ts';
import { work } from './engine.ts';
import type { Fact, Fields, RuleEvent } from './event.ts';
import { refuseLarge } from './event-size.ts';
import { findFact, setFact } from './fact-store.ts';

/**
 * Events and facts from clients and procedures. They resolve when all triggered rules have run, or when the answer must
 * not wait any longer.
 */

export interface Emission {
  readonly topic: string;
  readonly data: Fields;
  readonly correlationId?: string | undefined;
  /** Ignored without a correlation id. */
  readonly causationId?: string | undefined;
}

/** @throws Failure `too_large` for an event that does not fit into a push */
export async function emit(ports: Ports, { topic, data, correlationId, causationId }: Emission): Promise<RuleEvent> {
  const event: RuleEvent = {
    ...{ id: ports.ids.uuid(), topic, data, timestamp: ports.clock.now(), source: 'api' },
    ...(correlationId !== undefined && { correlationId, ...(causationId !== undefined && { causationId }) }),
  };
  refuseLarge(event);
  await work(ports, [{ type: 'event', event, depth: 0 }]);
  return event;
}

/** What is known under a key now. */
export const known = findFact;

export async function makeKnown(ports: Ports, key: string, value: unknown): Promise<Fact> {
  const fact = await setFact(ports, key, value, 'api');
  await work(ports, [{ type: 'fact', fact, cause: { depth: 0 } }]);
  return fact;
}
