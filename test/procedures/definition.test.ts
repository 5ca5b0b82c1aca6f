import { describe, expect, it } from '@jest/globals';
import type {
  ProcedureDefinition,
  StepCondition,
  StepOperator,
  TransformStep,
} from '../../functions/core/procedure-definition.ts';
import { countSteps, procedureIssues, timeoutOf } from '../../functions/procedures/check.ts';
import { inputFor } from '../../functions/procedures/input.ts';
import { aggregateStep, holds, transformStep } from '../../functions/procedures/pure-steps.ts';
import type { Scope } from '../../functions/procedures/references.ts';
import { fillIn, isReference } from '../../functions/procedures/references.ts';

const scope: Scope = {
  input: { id: 7, name: 'Ann', list: [1, 'x'], nothing: null },
  results: new Map<string, unknown>([
    [
      'order',
      {
        total: 5,
        lines: [
          { sku: 'a', n: 1 },
          { sku: 'b', n: 'x' },
          { sku: 'c', n: 4 },
        ],
      },
    ],
    ['rows', [{ a: 1, b: 2 }, { a: 3 }, 'no object']],
    ['count', 0],
  ]),
};

describe('references', () => {
  it.each([
    ['{{ input.id }}', 7],
    ['{{input.list}}', [1, 'x']],
    ['{{ input.list.1 }}', 'x'],
    ['{{ order.total }}', 5],
    ['{{ order.lines.2.n }}', 4],
    ['{{ order.lines.length }}', 3],
    ['{{ count }}', 0],
    ['{{ input.nothing }}', null],
    ['{{ input.absent }}', undefined],
    ['{{ nobody.x }}', undefined],
    ['{{ input.name.length }}', undefined],
    ['{{ input.constructor }}', undefined],
    ['Hello {{ input.name }}!', 'Hello Ann!'],
    ['{{ input.id }}{{ count }}', '70'],
    [' {{ input.id }}', ' 7'],
    ['<{{ input.nothing }}{{ input.absent }}>', '<>'],
    ['{{ rows.0 }} {{ input.list }}', '{"a":1,"b":2} [1,"x"]'],
    ['{{ open', '{{ open'],
    ['no }} reference {{', 'no }} reference {{'],
    ['', ''],
  ])('%s become %j', (text, value) => {
    expect(fillIn(text, scope)).toEqual(value);
  });

  it('stand anywhere in values, and other values stay', () => {
    expect(fillIn({ a: ['{{ input.id }}', { b: '{{ count }}' }], n: 1, z: null }, scope)).toEqual({
      a: [7, { b: 0 }],
      n: 1,
      z: null,
    });
  });

  it('are told from texts', () => {
    expect(['{{ a }}', '{{a}} {{b}}', 'x{{a}}', '{{ }}', 5].map(isReference)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a condition', () => {
  it.each<[string, StepOperator, unknown, boolean]>([
    ['input.id', 'eq', 7, true],
    ['input.id', 'eq', '7', false],
    ['input.id', 'neq', '7', true],
    ['order.total', 'gt', 4, true],
    ['order.total', 'gt', '4', false],
    ['order.total', 'gte', '{{ order.total }}', true],
    ['input.name', 'lt', 'B', true],
    ['order.total', 'lte', null, false],
    ['input.absent', 'lte', 1, false],
    ['count', 'exists', undefined, true],
    ['input.nothing', 'exists', undefined, false],
    ['input.absent', 'not_exists', undefined, true],
  ])('%s %s %j: %p', (ref, operator, value, isHolding) => {
    const condition: StepCondition = { ref, operator, value };
    expect(holds(condition, scope)).toBe(isHolding);
  });
});

describe('a step', () => {
  const transform = (operation: TransformStep['operation'], source: string, args: unknown) =>
    transformStep({ action: 'transform', source, operation, args, as: 'out' }, scope);

  it('adds up an earlier result', () => {
    const aggregate = (op: 'sum' | 'count' | 'min', source = 'order.lines') =>
      aggregateStep({ action: 'aggregate', source, field: 'n', op, as: 'x' }, scope);
    expect([aggregate('sum'), aggregate('count'), aggregate('min')]).toEqual([5, 3, 1]);
    const plucked = { ...scope, results: new Map([['titles', ['a', 'b', null]]]) };
    expect(aggregateStep({ action: 'aggregate', source: 'titles', op: 'count', as: 'x' }, plucked)).toBe(3);
    expect(() => aggregate('sum', 'count')).toThrow('aggregate needs an array, and "count" is none.');
  });

  it('transforms an earlier result', () => {
    expect(transform('pluck', 'rows', 'a')).toEqual([1, 3, null]);
    expect(transform('pick', 'order', ['total', 'absent'])).toEqual({ total: 5 });
    expect(transform('pick', 'rows', ['b'])).toEqual([{ b: 2 }, {}, 'no object']);
    expect(transform('filter', 'rows', { a: { $gt: '{{ input.list.0 }}' } })).toEqual([{ a: 3 }]);
    expect(transform('map', 'rows', { b: '{{ input.id }}', was: '{{ item.a }}' })).toEqual([
      { a: 1, b: 7, was: 1 },
      { a: 3, b: 7, was: 3 },
      'no object',
    ]);
  });

  it.each([
    ['map', 'count', {}],
    ['filter', 'order', {}],
    ['filter', 'rows', { a: { $no: 1 } }],
    ['pick', 'count', ['a']],
    ['pick', 'order', 'total'],
    ['pluck', 'rows', 5],
  ] as const)('%s of %s by %j is refused', (operation, source, args) => {
    expect(() => transform(operation, source, args)).toThrow(expect.objectContaining({ code: 'unacceptable_request' }));
  });
});

describe('input', () => {
  const procedure: ProcedureDefinition = {
    name: 'p',
    input: {
      a: { type: 'string' },
      b: { type: 'number', required: false },
      c: { type: 'array', default: [1] },
      d: { type: 'object', required: false },
    },
    steps: [{ action: 'return', value: 1 }],
  };

  it('gets defaults, and keeps what is not named', () => {
    expect(inputFor(procedure, { a: '', x: 1 }).input).toEqual({ a: '', c: [1], x: 1 });
    expect(inputFor({ ...procedure, input: {} }).input).toEqual({});
  });

  it('is told all that is wrong with it', () => {
    expect(inputFor(procedure, { b: '1', c: {}, d: [] }).issues).toEqual([
      'input.a: required',
      'input.b: expected number',
      'input.c: expected array',
      'input.d: expected object',
    ]);
    expect(inputFor(procedure).issues).toEqual(['input.a: required']);
    expect(inputFor(procedure, []).issues).toEqual(['input: expected object']);
  });
});

describe('a procedure', () => {
  const nested = (depth: number): unknown[] => [
    {
      action: 'if',
      condition: { ref: 'input.x', operator: 'exists' },
      then: depth > 1 ? nested(depth - 1) : [{ action: 'return', value: 1 }],
    },
  ];

  it('of all actions is fine', () => {
    const steps = [
      { action: 'store.get', bucket: 'b', key: '{{ input.id }}', as: 'a' },
      { action: 'store.get', bucket: 'b', key: 5, as: 'a' },
      { action: 'store.where', bucket: 'b', filter: {}, as: 'c' },
      { action: 'store.findOne', bucket: 'b', filter: '{{ input.filter }}', as: 'd' },
      { action: 'store.insert', bucket: 'b', data: {} },
      { action: 'store.update', bucket: 'b', key: 'k', data: {}, as: 'e' },
      { action: 'store.delete', bucket: 'b', key: 'k' },
      { action: 'store.count', bucket: 'b', as: 'f' },
      { action: 'aggregate', source: 'c', op: 'count', as: 'g' },
      { action: 'rules.emit', topic: 't' },
      { action: 'rules.setFact', key: 'k', value: null },
      { action: 'rules.getFact', key: 'k', as: 'h' },
      ...nested(5),
      { action: 'transform', source: 'c', operation: 'pluck', args: 'x', as: 'i' },
      { action: 'return', value: { ok: true } },
    ];
    expect(
      procedureIssues({ name: 'p', description: 'x', input: { id: { type: 'string' } }, steps, transaction: true }),
    ).toEqual([]);
    expect(countSteps(steps)).toBe(20);
  });

  it('may take what it says, but no longer than all may', () => {
    const procedure: ProcedureDefinition = { name: 'p', steps: [] };
    expect([
      timeoutOf(procedure),
      timeoutOf({ ...procedure, timeoutMs: 5 }),
      timeoutOf({ ...procedure, timeoutMs: 1e9 }),
    ]).toEqual([25_000, 5, 25_000]);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['no object', 'x', ['Procedure config must be an object']],
    [
      'nothing in it',
      {},
      ['Missing or invalid "name": expected non-empty string', 'Missing or invalid "steps": expected array'],
    ],
    ['no steps', { name: 'p', steps: [] }, ['"steps" must contain at least one step']],
    [
      'odd settings',
      {
        name: 'p',
        description: 1,
        transaction: 'yes',
        timeoutMs: 0,
        input: { a: 5, b: { type: 'date' } },
        steps: [{ action: 'return', value: 1 }],
      },
      [
        '"description" must be a string',
        '"transaction" must be a boolean',
        '"timeoutMs" must be a positive number',
        'input.a: expected field definition object',
        'input.b.type: expected one of: string, number, boolean, object, array',
      ],
    ],
    [
      'odd steps',
      {
        name: 'p',
        steps: [
          5,
          { action: 'constructor' },
          { action: 'store.get', bucket: '', key: null },
          { action: 'store.insert', bucket: 'b', data: 'text', as: 5 },
          { action: 'aggregate', source: 'x', op: 'sum', as: 'y' },
          { action: 'if', condition: { operator: 'like' }, then: [{ action: 'return' }], else: [] },
        ],
      },
      [
        'steps[0]: expected step object',
        expect.stringMatching(/^steps\[1\]\.action: expected one of: store\.get, /) as unknown as string,
        'steps[2].bucket: expected non-empty string',
        'steps[2].key: expected string or number',
        'steps[2].as: expected non-empty string',
        'steps[3].data: expected object',
        'steps[3].as: expected non-empty string',
        'steps[4].field: expected non-empty string',
        'steps[5].condition.ref: expected non-empty string',
        expect.stringMatching(/^steps\[5\]\.condition\.operator: expected one of: eq, /) as unknown as string,
        'steps[5].then[0].value: required',
        'steps[5].else: expected non-empty array of steps',
      ],
    ],
    [
      'too many steps',
      { name: 'p', steps: Array.from({ length: 101 }, () => ({ action: 'return', value: 1 })) },
      ['Total step count (101) exceeds maximum (100)'],
    ],
    [
      'too much depth',
      { name: 'p', steps: nested(6) },
      ['steps[0].then[0].then[0].then[0].then[0].then[0]: condition nesting depth exceeds maximum (5)'],
    ],
  ])('is refused for %s', (_, procedure, issues) => {
    expect(procedureIssues(procedure)).toEqual(issues);
  });
});
