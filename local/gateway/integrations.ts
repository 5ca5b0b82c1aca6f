import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { Invoke, Outcome, SocketRoutePart } from '../parts.ts';
import type { OutgoingMessage } from '../queues.ts';
import type { SocketEvent } from './socket-event.ts';
import { queueTemplate } from './to-queue.ts';

/** Calls the target of a route; undefined if it took longer than the gateway waits. */
export type Integrate = (route: SocketRoutePart, event: SocketEvent) => Promise<Outcome | undefined>;

export interface IntegrationsOptions {
  readonly routes: readonly SocketRoutePart[];
  readonly invoke: Invoke;
  /** @throws Error if the queue refuses the message */
  send(queueArn: string, message: OutgoingMessage): void;
  /** Longest wait for a function, ms. */
  readonly limitMs: number;
  readonly log: Log;
}

/** @throws Error for a request template that cannot be evaluated */
export function createIntegrations({ routes, invoke, send, limitMs, log }: IntegrationsOptions): Integrate {
  const templates = new Map(
    routes.flatMap(({ routeKey, integration }) =>
      integration.kind === 'sqs' ? [[routeKey, queueTemplate(integration.requestTemplate)] as const] : [],
    ),
  );

  /** In the same tick, because a connection's messages must reach the queue in their order. */
  function toQueue(queueArn: string, routeKey: string, event: SocketEvent): Outcome {
    const body = typeof event.body === 'string' ? event.body : '';
    try {
      const message = templates.get(routeKey)?.({ context: event.requestContext, body });
      if (message !== undefined) send(queueArn, message);
      return { ok: true, payload: null };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log('gateway', `${routeKey} could not be handed to ${queueArn}: ${message}`);
      return { ok: false, reason: 'error', message };
    }
  }

  return async ({ routeKey, integration }, event) => {
    if (integration.kind === 'sqs') return toQueue(integration.queueArn, routeKey, event);
    return within(limitMs, invoke(integration.functionId, event));
  };
}

/** The value; undefined if it takes longer. Its source continues to run. */
export async function within<T>(limitMs: number, value: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([value, delay(limitMs, undefined, { signal: timer.signal, ref: false })]);
  } finally {
    timer.abort();
  }
}
