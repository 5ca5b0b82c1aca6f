import { describe, expect, it } from '@jest/globals';
import type { TemporalPattern } from '../../functions/core/rule-definition.ts';
import type { Fields, RuleEvent } from '../../functions/rules/event.ts';
import { groupOf, isConcerned } from '../../functions/rules/matchers.ts';
import { observe, type TemporalState, wake } from '../../functions/rules/temporal.ts';
import type { Firing } from '../../functions/rules/windows.ts';
import { arbitrary } from '../support/arbitrary.ts';

let ids = 0;
const event = (topic: string, timestamp: number, data: Fields = {}): RuleEvent => ({
  ...{ id: `e${ids++}`, topic, timestamp, data, source: 'api' },
});

/** What a pattern makes of events and moments (numbers), each group on its own, as `time: matched times`. */
function fired(pattern: TemporalPattern, ...given: (RuleEvent | number)[]): string[] {
  const states = new Map<string, TemporalState>();
  const log: string[] = [];
  const keep = (group: string, state: TemporalState | undefined, firings: readonly Firing[], now: number) => {
    if (state) states.set(group, state);
    else states.delete(group);
    for (const { matched } of firings) log.push(`${now}: ${matched.map((one) => one.event.timestamp).join(' ')}`);
  };
  for (const one of given) {
    if (typeof one === 'number') {
      for (const [group, before] of states) {
        const { state, firings } = wake(pattern, before, one);
        keep(group, state, firings, one);
      }
    } else if (isConcerned(pattern, one)) {
      const group = groupOf(pattern, one);
      const { state, firings } = observe(pattern, states.get(group), one);
      keep(group, state, firings, one.timestamp);
    }
  }
  return log;
}

describe('a sequence', () => {
  const pattern: TemporalPattern = {
    type: 'sequence',
    events: [{ topic: 'a' }, { topic: 'b' }, { topic: 'c' }],
    within: 100,
  };
  const a = (at: number) => event('a', at);
  const b = (at: number) => event('b', at);
  const c = (at: number) => event('c', at);
  const x = (at: number) => event('x', at);

  it.each<[string, (RuleEvent | number)[], string[]]>([
    ['fires when its events have come in order', [a(0), b(10), c(20)], ['20: 0 10 20']],
    ['does not without one, or out of order', [b(0), a(10), c(20), b(30)], []],
    ['ignores others in between', [a(0), x(1), c(2), b(3), b(4), c(5)], ['5: 0 3 5']],
    ['is not started again while one is running', [a(0), a(50), b(60), c(120)], []],
    ['counts what comes at its last moment', [a(0), b(99), c(100)], ['100: 0 99 100']],
    ['ends silently, and can start again', [a(0), b(50), 100, a(110), b(120), c(130)], ['130: 110 120 130']],
    [
      'starts again with an event that comes too late to go on',
      [a(0), b(50), a(150), b(160), c(170)],
      ['170: 150 160 170'],
    ],
    ['starts anew after it has fired', [a(0), b(1), c(2), c(3), a(4), b(5), c(6)], ['2: 0 1 2', '6: 4 5 6']],
  ])('%s', (_, given, log) => {
    expect(fired(pattern, ...given)).toEqual(log);
  });

  it('that is strict is ended by any other event of its topics', () => {
    const strict: TemporalPattern = { ...pattern, strict: true };
    expect(fired(strict, a(0), x(1), b(2), c(3))).toEqual(['3: 0 2 3']);
    expect(fired(strict, a(0), c(1), b(2), c(3))).toEqual([]);
    expect(fired(strict, a(0), a(1), b(2), c(3))).toEqual([]);
    const filtered: TemporalPattern = {
      ...{
        type: 'sequence',
        events: [{ topic: 'a', filter: { ok: true } }, { topic: 'b' }],
        within: 100,
        strict: true,
      },
    };
    expect(fired(filtered, event('a', 0, { ok: true }), event('a', 1, { ok: false }), b(2))).toEqual([]);
  });

  it('may want the same event twice, and uses each once', () => {
    const twice: TemporalPattern = { type: 'sequence', events: [{ topic: 'a' }, { topic: 'a' }], within: '1s' };
    expect(fired(twice, a(0), a(1), a(2), a(3), a(4))).toEqual(['1: 0 1', '3: 2 3']);
  });

  it('runs in every group on its own, and names its events', () => {
    const grouped: TemporalPattern = {
      type: 'sequence',
      events: [{ topic: 'in', as: 'start' }, { topic: 'out' }],
      within: 100,
      groupBy: 'user.id',
    };
    const of = (topic: string, at: number, id: unknown) => event(topic, at, { user: { id } });
    expect(
      fired(grouped, of('in', 0, 1), of('in', 1, '1'), of('out', 2, '1'), of('out', 3, 2), of('out', 4, 1)),
    ).toEqual(['2: 1 2', '4: 0 4']);
    const started = observe(grouped, undefined, of('in', 0, 1));
    expect(started).toMatchObject({ firings: [], wakeAt: 100 });
    const [firing] = observe(grouped, started.state, of('out', 5, 1)).firings;
    expect(firing?.event.timestamp).toBe(5);
    expect(firing?.matched.map(({ as }) => as)).toEqual(['start', undefined]);
  });
});

describe('an absence', () => {
  const pattern: TemporalPattern = {
    type: 'absence',
    after: { topic: 'opened' },
    expected: { topic: 'paid' },
    within: '1s',
  };
  const opened = (at: number, data?: Fields) => event('opened', at, data);
  const paid = (at: number, data?: Fields) => event('paid', at, data);

  it.each<[string, (RuleEvent | number)[], string[]]>([
    ['fires when nothing came in time', [opened(0), 999, 1_000], ['1000: 0']],
    ['does not when it came, and not later either', [opened(0), paid(500), 1_000, 2_000], []],
    ['does not when it came at the last moment', [opened(0), paid(1_000), 1_000], []],
    ['is not put off by a second start', [opened(0), opened(900), 1_000, 1_900], ['1000: 0']],
    ['fires once, and starts anew', [opened(0), 1_000, 1_001, opened(2_000), 3_000], ['1000: 0', '3000: 2000']],
    ['fires when what was expected comes too late', [opened(0), paid(1_001), 5_000], ['1001: 0']],
    [
      'fires and starts anew when the next one comes before it woke up',
      [opened(0), opened(1_500), 2_500],
      ['1500: 0', '2500: 1500'],
    ],
    ['does not mind what is expected before it starts', [paid(0), 1_000, opened(1_100), 2_100], ['2100: 1100']],
  ])('%s', (_, given, log) => {
    expect(fired(pattern, ...given)).toEqual(log);
  });

  it('watches heartbeats: each ends one wait and starts the next', () => {
    const watch: TemporalPattern = {
      type: 'absence',
      after: { topic: 'beat' },
      expected: { topic: 'beat' },
      within: 100,
    };
    expect(fired(watch, event('beat', 0), event('beat', 90), event('beat', 180), 281)).toEqual(['281: 180']);
  });

  it('waits in every group on its own', () => {
    const grouped: TemporalPattern = { ...pattern, groupBy: 'cart' };
    expect(fired(grouped, opened(0, { cart: 1 }), opened(1, { cart: 2 }), paid(2, { cart: 1 }), 2_000)).toEqual([
      '2000: 1',
    ]);
  });

  it('hands over the event after which nothing came', () => {
    const after = opened(0, { cart: 5 });
    const { state, wakeAt } = observe(pattern, undefined, after);
    expect(wakeAt).toBe(1_000);
    expect(wake(pattern, state, 500)).toEqual({ state, firings: [], wakeAt: 1_000 });
    expect(wake(pattern, state, 1_000)).toEqual({
      state: undefined,
      firings: [{ event: after, matched: [{ event: after }] }],
    });
  });
});

describe('a count', () => {
  const login = (at: number, user = 'u') => event('login.failed', at, { user });
  const pattern: TemporalPattern = { type: 'count', event: { topic: 'login.failed' }, threshold: 3, window: 100 };

  it('fires each time there are enough in the window that ends now', () => {
    expect(fired(pattern, login(0), login(50), login(90), login(95), login(200), login(201))).toEqual([
      '90: 0 50 90',
      '95: 0 50 90 95',
    ]);
  });

  it('leaves out what is as old as the window is long', () => {
    expect(fired(pattern, login(0), login(50), login(100))).toEqual([]);
    expect(fired(pattern, login(1), login(50), login(100))).toEqual(['100: 1 50 100']);
  });

  it('may want exactly so many, or at most', () => {
    const logins = [login(0), login(1), login(2), login(3)];
    expect(fired({ ...pattern, comparison: 'eq' }, ...logins)).toEqual(['2: 0 1 2']);
    expect(fired({ ...pattern, comparison: 'lte', threshold: 2 }, ...logins)).toEqual(['0: 0', '1: 0 1']);
  });

  it('counts every group on its own', () => {
    const grouped: TemporalPattern = { ...pattern, groupBy: 'user' };
    expect(fired(grouped, login(0, 'a'), login(1, 'b'), login(2, 'a'), login(3, 'b'), login(4, 'a'))).toEqual([
      '4: 0 2 4',
    ]);
  });

  it('fires whenever a count by hand says so', () => {
    const random = arbitrary(8);
    for (let round = 0; round < 100; round++) {
      let now = 0;
      const events = Array.from({ length: 30 }, () => {
        now += random.integer(60);
        return login(now);
      });
      const expected = events.filter((last, at) => {
        const inWindow = events.slice(0, at + 1).filter(({ timestamp }) => timestamp > last.timestamp - 100);
        return inWindow.length >= 3;
      });
      const log = fired(pattern, ...events).map((line) => Number(line.split(':')[0]));
      expect(log).toEqual(expected.map(({ timestamp }) => timestamp));
    }
  });
});

describe('an aggregate', () => {
  const sale = (at: number, n?: unknown) => event('sale', at, n === undefined ? {} : { order: { n } });
  const of = (
    name: 'sum' | 'avg' | 'min' | 'max' | 'count',
    threshold: number,
    comparison: 'gte' | 'lte' | 'eq',
  ): TemporalPattern => ({
    ...{ type: 'aggregate', event: { topic: 'sale' }, field: 'order.n', function: name, threshold, window: 100 },
    comparison,
  });

  it.each([
    ['sum', 10, 'gte', ['2: 0 1 2', '3: 0 1 2 3']],
    ['avg', 4, 'gte', ['2: 0 1 2']],
    ['min', 1, 'eq', ['1: 0 1', '2: 0 1 2', '3: 0 1 2 3']],
    ['max', 9, 'eq', ['2: 0 1 2', '3: 0 1 2 3']],
    ['count', 2, 'lte', ['0: 0', '1: 0 1']],
    ['sum', 2, 'lte', ['0: 0']],
  ] as const)('%s of the window is held against %d by %s', (name, threshold, comparison, log) => {
    expect(fired(of(name, threshold, comparison), sale(0, 2), sale(1, 1), sale(2, 9), sale(3, 2))).toEqual(log);
  });

  it('leaves out what is no number, and does not fire without any', () => {
    expect(fired(of('sum', 0, 'gte'), sale(0), sale(1, '5'), sale(2, null))).toEqual([]);
    expect(fired(of('sum', 5, 'gte'), sale(0, 5), sale(1, 'x'))).toEqual(['0: 0', '1: 0 1']);
    expect(fired(of('sum', 0, 'lte'), sale(0))).toEqual([]);
  });
});

describe('a matcher', () => {
  it('wants all values of its filter, strictly equal', () => {
    const pattern: TemporalPattern = {
      ...{ type: 'count', event: { topic: 'a.*', filter: { 'x.y': 1, z: null } }, threshold: 1, window: 1 },
    };
    expect(isConcerned(pattern, event('a.b.c', 0, { x: { y: 1 }, z: null }))).toBe(true);
    expect(isConcerned(pattern, event('a.b', 0, { x: { y: '1' }, z: null }))).toBe(false);
    expect(isConcerned(pattern, event('a.b', 0, { x: { y: 1 } }))).toBe(false);
    expect(isConcerned(pattern, event('a', 0, { x: { y: 1 }, z: null }))).toBe(false);
  });

  it('tells groups apart by value, however long', () => {
    const pattern: TemporalPattern = { type: 'count', event: { topic: '*' }, threshold: 1, window: 1, groupBy: 'g' };
    const groups = [1, '1', true, { a: 1, b: 2 }, 'x'.repeat(500), 'x'.repeat(501)].map((g) =>
      groupOf(pattern, event('a', 0, { g })),
    );
    expect(new Set(groups).size).toBe(groups.length);
    expect(groups.every((group) => group.length <= 200)).toBe(true);
    expect(groupOf(pattern, event('a', 0, { g: { b: 2, a: 1 } }))).toBe(groups[3]);
    expect(groupOf(pattern, event('a', 0))).toBe(groupOf(pattern, event('a', 0, { g: null })));
  });
});
