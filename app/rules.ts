import type { RuleDefinition } from '../functions/core/rule-definition.ts';

/** The rules of the example. Clients and tests rely on their ids, and on what they do. */
export const rules: readonly RuleDefinition[] = [
  {
    id: 'welcome-user',
    name: 'Welcome who has registered',
    trigger: { type: 'event', topic: 'user.registered' },
    actions: [
      { type: 'set_fact', key: 'user:${event.userId}:registered', value: true },
      { type: 'emit_event', topic: 'user.welcomed', data: { userId: { ref: 'event.userId' } } },
    ],
  },
  {
    id: 'flag-large-order',
    name: 'Flag large orders',
    trigger: { type: 'event', topic: 'order.created' },
    conditions: [{ source: { type: 'event', field: 'total' }, operator: 'gte', value: 100 }],
    actions: [
      {
        type: 'emit_event',
        topic: 'order.flagged',
        data: { orderId: { ref: 'event.orderId' }, total: { ref: 'event.total' } },
      },
    ],
  },
  {
    id: 'vip-customer',
    name: 'Notice who has spent a lot',
    trigger: { type: 'fact', pattern: 'customer:*:spent' },
    conditions: [{ source: { type: 'event', field: 'fact.value' }, operator: 'gte', value: 1000 }],
    actions: [
      {
        type: 'emit_event',
        topic: 'customer.vip',
        data: { key: { ref: 'event.fact.key' }, spent: { ref: 'event.fact.value' } },
      },
    ],
  },
  {
    id: 'timer-start',
    name: 'Start a timer',
    trigger: { type: 'event', topic: 'timer.start' },
    actions: [
      {
        type: 'set_timer',
        timer: {
          name: 'demo:${event.id}',
          duration: '1s',
          onExpire: { topic: 'timer.fired', data: { id: { ref: 'event.id' } } },
        },
      },
    ],
  },
  {
    id: 'timer-cancel',
    name: 'Cancel a timer',
    trigger: { type: 'event', topic: 'timer.cancel' },
    actions: [{ type: 'cancel_timer', name: 'demo:${event.id}' }],
  },
  {
    id: 'loop-a',
    name: 'One half of a loop',
    trigger: { type: 'event', topic: 'loop.a' },
    actions: [{ type: 'emit_event', topic: 'loop.b', data: { id: { ref: 'event.id' } } }],
  },
  {
    id: 'loop-b',
    name: 'The other half',
    trigger: { type: 'event', topic: 'loop.b' },
    actions: [{ type: 'emit_event', topic: 'loop.a', data: { id: { ref: 'event.id' } } }],
  },
  {
    id: 'gate',
    name: 'Open doors that are not locked to those who may pass',
    trigger: { type: 'event', topic: 'door.open' },
    conditions: [{ source: { type: 'fact', pattern: 'door:${event.door}:locked' }, operator: 'neq', value: true }],
    actions: [
      {
        type: 'conditional',
        conditions: [{ source: { type: 'event', field: 'who' }, operator: 'in', value: ['alice', 'bob'] }],
        then: [
          {
            type: 'emit_event',
            topic: 'door.opened',
            data: { door: { ref: 'event.door' }, who: { ref: 'event.who' } },
          },
        ],
        else: [
          {
            type: 'emit_event',
            topic: 'door.denied',
            data: { door: { ref: 'event.door' }, who: { ref: 'event.who' } },
          },
        ],
      },
    ],
  },
  {
    id: 'three-strikes',
    name: 'Lock an account after three failed logins within a minute',
    trigger: {
      type: 'temporal',
      pattern: {
        type: 'count',
        event: { topic: 'login.failed' },
        threshold: 3,
        comparison: 'eq',
        window: '1m',
        groupBy: 'userId',
      },
    },
    actions: [{ type: 'emit_event', topic: 'account.locked', data: { userId: { ref: 'matched.0.userId' } } }],
  },
  {
    id: 'cart-abandoned',
    name: 'Notice carts that nobody pays',
    trigger: {
      type: 'temporal',
      pattern: {
        type: 'absence',
        after: { topic: 'cart.opened' },
        expected: { topic: 'cart.paid' },
        within: '1s',
        groupBy: 'cartId',
      },
    },
    actions: [{ type: 'emit_event', topic: 'cart.abandoned', data: { cartId: { ref: 'matched.0.cartId' } } }],
  },
];
