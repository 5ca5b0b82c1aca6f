import { describe, expect, it } from '@jest/globals';
import type * as z from 'zod/mini';
import type { Operation } from '../../functions/core/contract.ts';
import type { Permissions, StoreSession } from '../../functions/core/store-permissions.ts';
import { protocol } from '../../functions/protocol.ts';
import { auditedResourceOf, isAllowed, isPatternFor, resourceOf } from '../../functions/store/permission-rules.ts';
import { operationsOf, tierOf } from '../../functions/store/tiers.ts';

const noexOperations = Object.values(protocol)
  .flatMap(({ operations }) => Object.values<Operation>(operations))
  .flatMap((operation) => {
    const { socket } = operation;
    return socket?.dialect === 'noex' ? [[socket.type, operation] as const] : [];
  });

const as = (...roles: string[]): StoreSession => ({ userId: 'someone', roles });

describe('a request is about', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['store.get', { bucket: 'users', name: 'x', query: 'q' }, 'users'],
    ['store.subscribe', { query: 'all-users', bucket: 'users' }, 'all-users'],
    ['store.defineBucket', { name: 'b', config: {} }, 'b'],
    ['store.stats', {}, '*'],
    ['store.transaction', { operations: [] }, '*'],
    ['store.get', { bucket: 5 }, '*'],
    ['store.get', { bucket: '' }, '*'],
    ['store.get', {}, '*'],
    ['rules.emit', { topic: 'a.b', key: 'k' }, 'a.b'],
    ['rules.setFact', { key: 'k', pattern: 'p' }, 'k'],
    ['rules.subscribe', { pattern: 'a.*' }, 'a.*'],
    ['store.dropBucket', { name: 'prod', bucket: 'scratch' }, 'prod'],
    ['store.subscribe', { name: 'all-users' }, '*'],
    ['store.stats', { bucket: 'scratch' }, '*'],
    ['rules.setFact', { key: 'secret', topic: 'public.a' }, 'secret'],
    ['rules.getAllFacts', { topic: 'public.a' }, '*'],
    ['rules.getRules', { bucket: 'users' }, '*'],
    ['procedures.call', { name: 'p' }, '*'],
    ['server.stats', {}, '*'],
  ])('%s %j: %s', (operation, request, resource) => {
    expect(resourceOf(operation, request)).toBe(resource);
  });

  const candidates = { store: ['query', 'bucket', 'name'], rules: ['topic', 'key', 'pattern'] };
  const everything = {
    ...{ query: 'query', bucket: 'bucket', name: 'name' },
    topic: 'topic',
    key: 'key',
    pattern: 'pattern',
  };

  it.each(noexOperations)('what %s looks at, whatever else is in it', (type, operation) => {
    const { def } = (operation.input as z.core.$ZodTypes)._zod; // every schema is one of these
    const fields = def.type === 'object' ? Object.keys(def.shape) : [];
    const named = type.startsWith('store.') ? candidates.store : type.startsWith('rules.') ? candidates.rules : [];
    expect(resourceOf(type, everything)).toBe(named.find((field) => fields.includes(field)) ?? '*');
  });

  it('rules and procedures by name, in the audit log', () => {
    expect(auditedResourceOf('rules.enableRule', { ruleId: 'r' })).toBe('r');
    expect(auditedResourceOf('rules.enableRule', { ruleId: 'r', topic: 't' })).toBe('r');
    expect(auditedResourceOf('procedures.call', { name: 'p', bucket: 'b' })).toBe('p');
    expect(auditedResourceOf('store.subscribe', { query: 'q' })).toBe('q');
    expect(auditedResourceOf('server.stats', {})).toBe('*');
  });
});

describe('a pattern', () => {
  it.each([
    ['store.get', 'store.get', true],
    ['store.get', 'store.getX', false],
    ['*', 'anything', true],
    ['store.*', 'store.get', true],
    ['store.*', 'store', false],
    ['store.*', 'storex.get', false],
    ['store*', 'store.get', false],
    ['*.get', 'store.get', false],
    ['admin.*', 'admin.*', true],
    ['admin.*', '*', false],
  ])('%s for %s: %p', (pattern, name, isMatch) => {
    expect(isPatternFor(pattern, name)).toBe(isMatch);
  });
});

describe('tiers', () => {
  it('hold every operation once', () => {
    const all = (['admin', 'write', 'read'] as const).flatMap(operationsOf);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((operation) => tierOf(operation) === undefined)).toEqual([]);
    expect([tierOf('auth.login'), tierOf('store.constructor')]).toEqual([undefined, undefined]);
  });

  it.each([
    [['admin'], [true, true, true]],
    [['writer'], [false, true, true]],
    [['reader'], [false, false, true]],
    [
      ['reader', 'writer'],
      [false, true, true],
    ],
    [['user'], [false, true, true]],
    [
      ['reader', 'user'],
      [false, false, true],
    ],
    [[], [false, true, true]],
  ])('are reached by %j, where nothing forbids it', (roles, reached) => {
    const may = (operation: string) => isAllowed({}, as(...roles), operation, '*');
    expect(['store.defineBucket', 'store.insert', 'store.get'].map(may)).toEqual(reached);
  });

  it('of administration open by an explicit rule', () => {
    const rules = [{ role: 'ops', allow: ['server.*'] }];
    expect(isAllowed({ rules }, as('ops'), 'server.stats', '*')).toBe(true);
    expect(isAllowed({ rules }, as('ops'), 'audit.query', '*')).toBe(false);
  });

  it('are capped by an API key, whatever the roles, rules and checks say', () => {
    const all: Permissions = { rules: [{ role: 'admin', allow: '*' }], check: () => true };
    const may = (cap: 'read' | 'write') => (operation: string) =>
      isAllowed(all, { ...as('admin'), cap }, operation, '*');
    const operations = ['store.defineBucket', 'store.insert', 'store.get'];
    expect(operations.map(may('write'))).toEqual([false, true, true]);
    expect(operations.map(may('read'))).toEqual([false, false, true]);
  });
});

describe('rules', () => {
  const deny = (...rules: NonNullable<Permissions['rules']>): Permissions => ({ default: 'deny', rules });

  it('leave the rest to the default', () => {
    expect(isAllowed({ default: 'deny' }, as('admin'), 'store.get', 'b')).toBe(false);
    expect(isAllowed({ default: 'allow' }, as(), 'store.get', 'b')).toBe(true);
  });

  it('allow roles what they name', () => {
    const permissions = deny({ role: 'a', allow: 'store.get' }, { role: 'b', allow: ['store.insert', 'rules.*'] });
    expect(isAllowed(permissions, as('a'), 'store.get', 'x')).toBe(true);
    expect(isAllowed(permissions, as('a'), 'store.insert', 'x')).toBe(false);
    expect(isAllowed(permissions, as('x', 'b'), 'rules.emit', 't')).toBe(true);
    expect(isAllowed(permissions, as(), 'store.get', 'x')).toBe(false);
  });

  it('are limited to buckets, or to all others', () => {
    const only = deny({ role: 'u', allow: 'store.*', buckets: ['a', 'query-a'] });
    const except = deny({ role: 'u', allow: 'store.*', exceptBuckets: ['a'] });
    const may = (permissions: Permissions, operation: string, resource: string) =>
      isAllowed(permissions, as('u'), operation, resource);
    expect([may(only, 'store.get', 'a'), may(only, 'store.get', 'b'), may(only, 'store.stats', '*')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([may(only, 'store.subscribe', 'query-a'), may(only, 'store.subscribe', 'other')]).toEqual([true, false]);
    expect([may(only, 'store.transaction', '*'), may(only, 'store.unsubscribe', '*')]).toEqual([true, true]);
    expect([may(except, 'store.get', 'a'), may(except, 'store.get', 'b'), may(except, 'store.stats', '*')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('are limited to topics, or to all others', () => {
    const only = deny({ role: 'u', allow: 'rules.*', topics: ['order.*', 'ping'] });
    const except = deny({ role: 'u', allow: 'rules.*', exceptTopics: ['admin.*'] });
    const may = (permissions: Permissions, operation: string, resource: string) =>
      isAllowed(permissions, as('u'), operation, resource);
    expect(
      ['order.created', 'order.*', 'ping', 'pong', '*'].map((topic) => may(only, 'rules.subscribe', topic)),
    ).toEqual([true, true, true, false, false]);
    expect(
      ['admin.x', 'admin.*', 'admin.*.y', '*', 'x.admin.y'].map((topic) => may(except, 'rules.subscribe', topic)),
    ).toEqual([false, false, false, true, true]);
    expect([may(except, 'rules.emit', 'admin.x'), may(except, 'rules.setFact', 'admin.x')]).toEqual([false, true]);
  });

  it('come after the application’s own check, which may leave it to them', () => {
    const permissions: Permissions = {
      ...deny({ role: 'u', allow: '*' }),
      check: (session, operation, resource) =>
        resource === 'secret' ? false : operation === 'store.get' && session.userId === 'root' ? true : undefined,
    };
    expect(isAllowed(permissions, as('u'), 'store.get', 'secret')).toBe(false);
    expect(isAllowed(permissions, as('u'), 'store.get', 'x')).toBe(true);
    expect(isAllowed(permissions, { userId: 'root', roles: [] }, 'store.get', 'x')).toBe(true);
    expect(isAllowed(permissions, as(), 'store.insert', 'x')).toBe(false);
  });
});
