import { describe, expect, it } from '@jest/globals';
import { compilePattern } from '../../functions/core/pattern.ts';
import { arbitrary } from '../support/arbitrary.ts';

function compiled(source: string) {
  const pattern = compilePattern(source, 256);
  if (typeof pattern === 'string') throw new Error(`${source} ${pattern}`);
  return pattern;
}

describe('a pattern', () => {
  it.each([
    ['^[A-Z]{3}-[0-9]+$', ['ABC-1', 'ABC-', 'xABC-1', 'ABCD-1', 'ABC-1\n']],
    ['^[a-z0-9]+(-[a-z0-9]+)*$', ['a', 'a-b-3', '-a', 'a-', 'a--b', '']],
    ['a|^b$|', ['', 'xb', 'b', 'cac']],
    ['^(?:foo|ba[rz]){2,3}$', ['foo', 'foobar', 'barbazfoo', 'foofoofoofoo']],
    ['^a{0}b{2}c{1,}?d??$', ['bbc', 'bbccd', 'abbc', 'bc', 'bbcdd']],
    ['^(?<year>\\d{4})-\\x41\\u0042\\n?$', ['2024-AB', '2024-AB\n', '202-AB']],
    ['\\bword\\b', ['a word here', 'swords', 'word']],
    ['a\\Bb', ['ab', 'a b']],
    ['^[^\\]a-c]+$', ['xyz', 'x]', 'xa', '']],
    ['^.$', ['a', '\n', '\u2028', '😀', '']],
    ['^(a*)*$', ['', 'aaa', 'aab']],
    ['^(a?){5}$', ['', 'aaaaa', 'aaaaaa']],
    ['^{}[]', ['{}', '']],
    ['a{x}|{,3}', ['a{x}', 'aaa', '{,3}']],
    ['^\\s\\S\\w\\W\\d\\D\\.$', [' xa-1x.', '  a-1x.', ' xa-1xx']],
    ['[\\b]', ['\b', 'b']],
    ['^[\\w.-]+$', ['a.b-c', 'a b']],
    ['\\cA\\0', ['\u0001\0', 'cA0']],
    ['^😀+$', ['😀', '😀😀']],
    ['', ['', 'x']],
  ])('%s matches what JavaScript says it does', (source, texts) => {
    for (const text of texts)
      expect([text, compiled(source).test(text)]).toEqual([text, new RegExp(source).test(text)]);
  });

  it('matches what JavaScript says it does, however it is put together', () => {
    const random = arbitrary(6);
    const atoms = ['a', 'b', '.', '\\w', '[ab]', '[^a]', '^', '$', '\\b', '(?:)'];
    const pattern = (depth: number): string => {
      const kind = random.integer(depth > 0 ? 6 : 2);
      if (kind < 2) return random.oneOf(atoms);
      if (kind === 2) return `(?:${pattern(depth - 1)})${random.oneOf(['*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'])}`;
      if (kind === 3) return `(${pattern(depth - 1)}|${pattern(depth - 1)})`;
      return pattern(depth - 1) + pattern(depth - 1);
    };
    for (let round = 0; round < 400; round++) {
      const source = pattern(4);
      const [ours, theirs] = [compiled(source), new RegExp(source)];
      for (let more = 0; more < 8; more++) {
        const text = Array.from({ length: random.integer(6) }, () => random.oneOf(['a', 'b', ' '])).join('');
        expect([source, text, ours.test(text)]).toEqual([source, text, theirs.test(text)]);
      }
    }
  });

  it('cannot be kept busy', () => {
    const text = `${'a'.repeat(20_000)}!`;
    for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', 'a*a*a*a*a*a*b', '^(.*)*x$']) {
      expect(compiled(source).test(text)).toBe(false);
    }
  });

  it('leaves out texts that are too long for it', () => {
    expect(compiled('x{200}$').test('x'.repeat(20_000))).toBe(true);
    expect(compiled('x{200}$').test('x'.repeat(200_000))).toBe(false);
    expect(compiled('^x+$').test('x'.repeat(1_000_000))).toBe(true);
  });

  it.each([
    ['(', 'must be a regular expression'],
    ['a**', 'must be a regular expression'],
    ['[z-a]', 'must be a regular expression'],
    ['(?=a)b', 'must do without lookahead and lookbehind'],
    ['(?<!a)b', 'must do without lookahead and lookbehind'],
    ['(a)\\1', 'must do without back references and old escapes'],
    ['(?<x>a)\\k<x>', 'must do without back references and old escapes'],
    ['(?i:a)', 'must do without inline flags'],
    ['a{1000}', 'must not repeat that much'],
    ['((a{50}){50}){50}', 'must not repeat that much'],
    ['(?:){1000000000}', 'must not repeat that much'],
    ['a'.repeat(257), 'must not be longer than 256 characters'],
  ])('%s is none', (source, problem) => {
    expect(compilePattern(source, 256)).toBe(problem);
  });

  it.each([
    ['(a+)+', true],
    ['(?:b|(a*)){2,}', true],
    ['((a?))*', true],
    ['(a{2})+', false],
    ['(a+)?', false],
    ['a+b*c{2,3}', false],
    ['(a|b)+', false],
  ])('%s repeats repetitions: %p', (source, isNested) => {
    expect(compiled(source).isNested).toBe(isNested);
  });
});
