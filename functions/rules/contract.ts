import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import type { Code } from '../core/errors.ts';
import { JsonObject } from '../core/json-object.ts';
import { operationsWith } from '../core/noex-operations.ts';

/**
 * Events, facts and rules as noex's clients know them. The server delivers an event once to each subscription that
 * matches its topic, and does not store it. It stores facts, each with a version. Events, facts and timers trigger
 * rules; the server answers the triggering request when they have run. Every request sent after an answer sees its
 * effects.
 */

const reading = { caller: 'anyone', scope: 'read' } as const;
const writing = { caller: 'anyone', scope: 'write' } as const;
const noRules = 'rules_not_available' as const;

const mostBytes = 512;
const isShort = (text: string): boolean => Buffer.byteLength(text) <= mostBytes;
const Name = (about: string) =>
  z
    .string()
    .check(z.minLength(1), z.refine(isShort, { error: `is longer than ${mostBytes} bytes` }), z.describe(about));
const Topic = () => Name('Segments separated by dots.');
const Pattern = () =>
  Name('A topic in which * matches one segment, at the end one or more; * alone matches everything.');
const Key = () => Name('Segments separated by colons.');
const KeyPattern = () => Name('A key in which * matches one segment.');
const RuleId = () => Name('Id of a rule.');
const SubscriptionId = () => Name('Id of one of this connection’s subscriptions.');
const TimeMs = () => z.number().check(z.describe('Milliseconds since 1970.'));
const Version = () => z.int();
const Json = () =>
  z
    .custom<unknown>((value) => value !== undefined, { error: 'is missing' })
    .check(z.describe('Any JSON, including null.'));
const Event = () =>
  z.object({
    id: z.string(),
    topic: Topic(),
    data: JsonObject(),
    timestamp: TimeMs(),
    source: z.enum(['api', 'rule', 'timer']),
    correlationId: z.optional(z.string()),
    causationId: z.optional(z.string()),
  });
const Fact = () =>
  z.object({
    key: Key(),
    value: z.unknown(),
    timestamp: TimeMs(),
    source: z.enum(['api', 'rule']),
    version: Version().check(z.describe('Starts at 1 and rises by one with every set; starts again after a deletion.')),
  });
const Issue = () =>
  z.object({
    path: z.string().check(z.describe('Where in the rule, e.g. `trigger.type` or `conditions[0].operator`.')),
    message: z.string(),
    severity: z.enum(['error', 'warning']),
  });
const Rule = () =>
  Json().check(z.describe('{id, name, trigger, conditions?, actions?, priority?, enabled?, tags?, group?}'));

const administration = <const Errors extends readonly Code[]>(...errors: Errors) =>
  operationsWith({ access: writing, errors: [noRules, ...errors] });

const switching = <Enabled extends boolean>(enabled: Enabled) =>
  administration('not_found')(
    enabled ? 'rules.enableRule' : 'rules.disableRule',
    enabled ? 'Enable a rule.' : 'Disable a rule, so that it no longer runs.',
    () => z.object({ ruleId: RuleId() }),
    () => z.object({ ruleId: RuleId(), enabled: z.literal(enabled) }),
  );

export const rulesContract = {
  operations: {
    emit: operation({
      summary: 'Emit an event. The server answers when all rules that it triggers have run.',
      access: writing,
      errors: [noRules, 'too_large'],
      input: () =>
        z.object({
          topic: Topic(),
          data: z.optional(JsonObject()),
          correlationId: z.optional(z.string().check(z.minLength(1))),
          causationId: z.optional(z.string().check(z.describe('Ignored without a correlationId.'))),
        }),
      output: Event,
      socket: { dialect: 'noex', type: 'rules.emit', reply: 'result', runsIn: 'store' },
    }),
    setFact: operation({
      summary: 'Store a fact: a value under a key. The server answers when all rules that it triggers have run.',
      access: writing,
      errors: [noRules],
      input: () => z.object({ key: Key(), value: Json() }),
      output: Fact,
      socket: { dialect: 'noex', type: 'rules.setFact', reply: 'result', runsIn: 'store' },
    }),
    getFact: operation({
      summary: 'Read the value of a fact; null if there is none.',
      access: reading,
      errors: [noRules],
      input: () => z.object({ key: Key() }),
      output: () => z.unknown(),
      socket: { dialect: 'noex', type: 'rules.getFact', reply: 'result', runsIn: 'store' },
    }),
    deleteFact: operation({
      summary: 'Delete a fact. Answers whether it existed.',
      access: writing,
      errors: [noRules],
      input: () => z.object({ key: Key() }),
      output: () => z.object({ deleted: z.boolean() }),
      socket: { dialect: 'noex', type: 'rules.deleteFact', reply: 'result', runsIn: 'store' },
    }),
    queryFacts: operation({
      summary: 'List the facts whose keys match a pattern, sorted by key.',
      access: reading,
      errors: [noRules, 'too_large'],
      input: () => z.object({ pattern: KeyPattern() }),
      output: () => z.array(Fact()),
      socket: { dialect: 'noex', type: 'rules.queryFacts', reply: 'result', runsIn: 'store' },
    }),
    getAllFacts: operation({
      summary: 'List all facts, sorted by key.',
      access: reading,
      errors: [noRules, 'too_large'],
      input: () => z.object({}),
      output: () => z.array(Fact()),
      socket: { dialect: 'noex', type: 'rules.getAllFacts', reply: 'result', runsIn: 'store' },
    }),
    subscribe: operation({
      summary:
        'Subscribe to events whose topic matches a pattern, except topics to which the caller may not subscribe by name.',
      access: reading,
      errors: [noRules, 'not_authorized'],
      input: () => z.object({ pattern: Pattern() }),
      output: () => z.object({ subscriptionId: SubscriptionId() }),
      socket: { dialect: 'noex', type: 'rules.subscribe', reply: 'result', runsIn: 'store' },
    }),
    unsubscribe: operation({
      summary: 'End a subscription.',
      access: reading,
      errors: [noRules, 'not_found'],
      input: () => z.object({ subscriptionId: SubscriptionId() }),
      output: () => z.object({ unsubscribed: z.literal(true) }),
      socket: { dialect: 'noex', type: 'rules.unsubscribe', reply: 'result', runsIn: 'store' },
    }),
    stats: operation({
      summary:
        'Read statistics: how many rules, facts and timers exist, and what rules have done since the deployment.',
      access: reading,
      errors: [noRules],
      input: () => z.object({}),
      output: () =>
        z.object({
          rulesCount: z.int(),
          factsCount: z.int(),
          timersCount: z.int(),
          eventsProcessed: z.int(),
          rulesExecuted: z.int(),
          avgProcessingTimeMs: z.number(),
          tracing: z.object({ enabled: z.boolean(), entriesCount: z.int(), maxEntries: z.int() }),
        }),
      socket: { dialect: 'noex', type: 'rules.stats', reply: 'result', runsIn: 'store' },
    }),
    registerRule: administration('already_exists', 'unacceptable_record')(
      'rules.registerRule',
      'Register a rule. It is in effect from then on.',
      () => z.object({ rule: Rule() }),
      () => z.object({ id: RuleId(), name: z.string(), version: Version(), createdAt: TimeMs(), updatedAt: TimeMs() }),
    ),
    unregisterRule: administration('not_found', 'not_authorized')(
      'rules.unregisterRule',
      'Delete a rule that was registered at run time.',
      () => z.object({ ruleId: RuleId() }),
      () => z.object({ ruleId: RuleId(), unregistered: z.literal(true) }),
    ),
    updateRule: administration('not_found', 'not_authorized', 'unacceptable_record')(
      'rules.updateRule',
      'Replace parts of a rule that was registered at run time. Its id stays.',
      () => z.object({ ruleId: RuleId(), updates: JsonObject() }),
      () => z.object({ id: RuleId(), version: Version(), updatedAt: TimeMs() }),
    ),
    enableRule: switching(true),
    disableRule: switching(false),
    getRule: administration('not_found')(
      'rules.getRule',
      'Read a rule with version, createdAt and updatedAt; these are 0 for rules from the application’s code.',
      () => z.object({ ruleId: RuleId() }),
      JsonObject,
    ),
    getRules: administration()(
      'rules.getRules',
      'List all rules briefly, in the order of registration.',
      () => z.object({}),
      () =>
        z.object({
          rules: z.array(
            z.object({
              id: RuleId(),
              name: z.string(),
              enabled: z.boolean(),
              priority: z.number(),
              version: Version(),
              tags: z.array(z.string()),
              group: z.optional(z.string()),
            }),
          ),
        }),
    ),
    validateRule: administration()(
      'rules.validateRule',
      'Check a rule for errors without registering it.',
      () => z.object({ rule: Rule() }),
      () => z.object({ valid: z.boolean(), errors: z.array(Issue()), warnings: z.array(Issue()) }),
    ),
  },
  pushes: {
    event: push({
      summary: 'An event whose topic matches one of the connection’s subscriptions.',
      dialect: 'noex',
      type: 'push',
      payload: () =>
        z.object({
          channel: z.literal('event'),
          subscriptionId: SubscriptionId(),
          data: z.object({ topic: Topic(), event: Event() }),
        }),
    }),
  },
} as const satisfies Contract;
