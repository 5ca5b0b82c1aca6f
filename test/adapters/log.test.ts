import { describe, expect, it } from '@jest/globals';
import { AwsError } from '../../functions/adapters/aws-error.ts';
import { createLog } from '../../functions/adapters/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void) {
  const lines: string[] = [];
  write(createLog((line) => lines.push(line)));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
  return JSON.parse(lines[0] ?? '');
}

describe('the log', () => {
  it('writes an entry as one line of JSON', () => {
    const entry = logged((log) => log.info('two\nlines', { room: 'a', count: 2, big: 1n }));
    expect(entry).toEqual({ level: 'info', message: 'two\nlines', room: 'a', count: 2, big: '1' });
  });

  it('tells of an error its name, message, stack and causes', () => {
    const cause = new AwsError('PutItem', { code: 'Broken', message: 'no', cause: new TypeError('root') });
    const entry = logged((log) => log.error('failed', new Error('outer', { cause }), { where: 'join' }));
    expect(entry).toMatchObject({
      level: 'error',
      message: 'failed',
      where: 'join',
      error: {
        name: 'Error',
        message: 'outer',
        cause: { name: 'AwsError', cause: { name: 'TypeError', message: 'root' } },
      },
    });
    expect(entry.error.stack).toContain('log.test');
  });

  it.each([
    ['a string', 'thrown', 'thrown'],
    ['nothing', undefined, 'undefined'],
    ['an object', { reason: 1 }, { reason: 1 }],
  ])('takes %s for an error', (_what, thrown, error) => {
    expect(logged((log) => log.error('failed', thrown))).toMatchObject({ error });
  });

  it('follows errors in a ring no further than it must, and survives what JSON cannot say', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(logged((log) => log.error('failed', ring)).error.message).toBe('ring');
    const fields: Record<string, unknown> = {};
    fields.self = fields;
    expect(logged((log) => log.info('kept', fields))).toMatchObject({ level: 'info', message: 'kept' });
  });
});
