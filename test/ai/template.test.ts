import { describe, expect, it } from '@jest/globals';
import { resolveTemplate } from '../../functions/ai/template.ts';
import { branded } from '../../functions/core/branded.ts';
import type { EpochMs } from '../../functions/core/names.ts';

const now = branded<EpochMs>(Date.parse('2026-11-20T21:04:05.678Z'));

interface Given {
  readonly [key: string]: unknown | { readonly is: 'template' | 'image'; readonly text: string };
}

function resolve(template: string, given: Given = {}): Promise<string> {
  return resolveTemplate(template, {
    now,
    async find(key) {
      if (!Object.hasOwn(given, key)) return undefined;
      const value = given[key];
      const { is, text } = Object(value);
      if (is === undefined) return { value, attributes: {} };
      return { value: text, attributes: is === 'template' ? { template: true } : { type: 'image' } };
    },
  });
}

describe('a template', () => {
  it.each<[string, string, Given, string]>([
    ['puts a text in as it is', 'Hi {{name}}!', { name: 'Ada "x"' }, 'Hi Ada "x"!'],
    ['puts everything else in as JSON', '{{a}} {{b}} {{c}}', { a: { x: [1] }, b: 5, c: null }, '{"x":[1]} 5 null'],
    ['overlooks blanks around a name', '{{ name }}', { name: 'Ada' }, 'Ada'],
    [
      'knows names with dashes, dots, dollars and blanks',
      '{{a-b}}{{a.b}}{{$a}}{{a b}}',
      { 'a-b': 1, 'a.b': 2, $a: 3, 'a b': 4 },
      '1234',
    ],
    ['leaves what it does not know as it is written', '{{ who }} {{}}', {}, '{{ who }} {{}}'],
    ['knows the date and the time, in UTC', '{{$date}} {{ $time }}', {}, '2026-11-20 21:04:05'],
    ['does not look into what it puts in', '{{a}}', { a: '{{b}}', b: 'no' }, '{{b}}'],
    ['leaves images alone', 'see {{a}}', { a: { is: 'image', text: 'QUJD' } }, 'see {{a}}'],
    ['resolves keys that are templates themselves', '{{a}}', { a: { is: 'template', text: '<{{b}}>' }, b: 'x' }, '<x>'],
    ['leaves a reference of a key to itself', '{{a}}', { a: { is: 'template', text: 'a {{a}}' } }, 'a {{a}}'],
    [
      'leaves the reference that closes a circle',
      '{{a}}',
      { a: { is: 'template', text: 'a {{b}}' }, b: { is: 'template', text: 'b {{a}}' } },
      'a b {{a}}',
    ],
    [
      'resolves a template twice where it stands twice',
      '{{a}}{{a}}',
      { a: { is: 'template', text: '[{{b}}]' }, b: 1 },
      '[1][1]',
    ],
    ['knows no names that objects have by themselves', '{{constructor}}', {}, '{{constructor}}'],
  ])('%s', async (_what, template, given, expected) => {
    expect(await resolve(template, given)).toBe(expected);
  });

  it('ends where templates multiply', async () => {
    const given: Given = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`k${n}`, { is: 'template', text: `{{k${n + 1}}}{{k${n + 1}}}` }]),
    );
    await expect(resolve('{{k0}}', given)).rejects.toThrow('at most');
  });

  it.each([
    ['blanks that no brace ends', `{{${' '.repeat(2_500)}`],
    ['braces that nothing ends', '{{'.repeat(2_500)],
  ])('of %s is read in a moment', async (_what, template) => {
    const start = performance.now();
    expect(await resolve(template)).toBe(template);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
