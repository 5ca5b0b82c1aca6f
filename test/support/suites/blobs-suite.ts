import { describe, expect, it } from '@jest/globals';
import type { Blobs } from '../../../functions/core/ports.ts';

/** What every `Blobs` promises. */
export function blobsSuite(what: string, open: () => Blobs): void {
  describe(`${what}: blobs`, () => {
    it.each([
      ['short', 'text'],
      ['empty', ''],
      ['of any letters', '\ufeffä 🎈 \u0000\u2028 "quoted" \r\n'],
      ['of a megabyte', '0123456789abcdef'.repeat(65_536)],
    ])('gives back a text that is %s', async (kind, text) => {
      const name = `texts/${kind.replaceAll(' ', '-')}`;
      await open().put(name, text);
      expect((await open().get(name)) === text).toBe(true);
    });

    it('has nothing under a name that was never used, or whose blob was deleted', async () => {
      expect(await open().get('texts/never')).toBeUndefined();
      await open().put('texts/gone', 'text');
      await open().delete('texts/gone');
      expect(await open().get('texts/gone')).toBeUndefined();
    });

    it('deletes what is not there without a word', async () => {
      await open().delete('texts/never');
    });

    it('is not read when it has more than was to be expected', async () => {
      for (const text of ['', 'ä']) {
        await open().put('texts/bounded', text);
        expect(await open().get('texts/bounded', 2)).toBe(text);
      }
      await expect(open().get('texts/bounded', 1)).rejects.toMatchObject({ code: 'too_large' });
    });

    it('replaces what stood under a name', async () => {
      await open().put('texts/same', 'one');
      await open().put('texts/same', 'two');
      expect(await open().get('texts/same')).toBe('two');
    });
  });
}
