import app from '../../app/app.config.ts';
import type { App, AppRules } from '../../functions/core/app.ts';
import type { RuleDefinition } from '../../functions/core/rule-definition.ts';
import { type NoexClient, type NoexFrame, noexWorld } from './noex.ts';

/** An event as a client reads it. */
export type SeenEvent = NoexFrame['data'];

/** Everybody may do everything, with these rules. */
export async function rulesWorld(rules: AppRules = app.rules ?? {}, more: Partial<App> = {}) {
  const auth = { required: false, permissions: { check: () => true } };
  const world = await noexWorld({ rules, auth, ...more });
  return { ...world, ...listening(world) };
}

/** The example application unchanged, with signed-in users. */
export async function exampleWorld() {
  const { name: _, ...example } = app;
  const world = await noexWorld(example, { adminAddresses: new Set(['admin@example.com']) });
  return { ...world, ...listening(world) };
}

function listening(world: Awaited<ReturnType<typeof noexWorld>>) {
  return {
    /** A socket that has subscribed to these topics, one after another. */
    async listener(...patterns: string[]): Promise<NoexClient> {
      const client = await world.connect();
      for (const pattern of patterns) await client.get('rules.subscribe', { pattern });
      return client;
    },
    now: () => world.ports.clock.now(),
    emit: (client: NoexClient, topic: string, data: object = {}, more: object = {}): Promise<SeenEvent> =>
      client.get('rules.emit', { topic, data, ...more }),
    /** Delivers all reminders that come due within so many milliseconds, the last ones on time. */
    async pass(ms: number): Promise<void> {
      await world.settled();
      world.advance(ms);
      await world.remind();
    },
  };
}

/** The events that a client has been pushed, in order. */
export function eventsOf(client: NoexClient, subscriptionId?: string): SeenEvent[] {
  return client
    .frames()
    .filter((frame) => frame.type === 'push' && frame.channel === 'event')
    .filter((frame) => subscriptionId === undefined || frame.subscriptionId === subscriptionId)
    .map((frame) => frame.data.event);
}

export const topicsOf = (client: NoexClient): string[] => eventsOf(client).map(({ topic }) => topic);

/** A rule with its id as its name. */
export const ruleNamed = (id: string, rule: Omit<RuleDefinition, 'id' | 'name'>): RuleDefinition => ({
  id,
  name: id,
  ...rule,
});

/** Emits an event of a topic with the given data. */
export const emits = (topic: string, data: object = {}) => ({ type: 'emit_event', topic, data: { ...data } }) as const;
