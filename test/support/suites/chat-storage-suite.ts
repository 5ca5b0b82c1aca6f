import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ChatStorage } from '../../../functions/core/chat-storage.ts';

/** What every `ChatStorage` promises. `ownsIds`: it makes its own ids and times. */
export function chatStorageSuite(what: string, make: () => Promise<ChatStorage>, { ownsIds = false } = {}): void {
  const message = (roomId: string, n: number, createdAt = n): ChatMessage => ({
    id: `${roomId}-${n}`,
    roomId,
    connectionId: 'c1=',
    userId: 'ü',
    message: `message ${n} 😀 'quoted' "twice"`,
    metadata: { a: [null, { b: '' }] },
    createdAt,
  });
  const texts = (page: readonly ChatMessage[]) => page.map((one) => Number(one.message.split(' ')[1]));

  describe(what, () => {
    it('answers nothing for a room that nobody wrote in', async () => {
      expect(await (await make()).getHistory('empty')).toEqual([]);
    });

    it('gives back what was appended, whole', async () => {
      const storage = await make();
      await storage.append('whole', message('whole', 1));
      const given = ownsIds ? { id: expect.any(String), createdAt: expect.any(Number) } : {};
      expect(await storage.getHistory('whole')).toEqual([{ ...message('whole', 1), ...given }]);
      await storage.close?.();
    });

    it('counts pages back from the newest, each oldest first', async () => {
      const storage = await make();
      for (let n = 1; n <= 12; n++) await storage.append('pages', message('pages', n));
      expect(texts(await storage.getHistory('pages', 5))).toEqual([8, 9, 10, 11, 12]);
      expect(texts(await storage.getHistory('pages', 5, 5))).toEqual([3, 4, 5, 6, 7]);
      expect(texts(await storage.getHistory('pages', 5, 10))).toEqual([1, 2]);
      expect(await storage.getHistory('pages', 5, 12)).toEqual([]);
      expect(await storage.getHistory('pages', 5, 1_000)).toEqual([]);
      await storage.close?.();
    });

    it('answers a hundred unless told', async () => {
      const storage = await make();
      for (let n = 1; n <= 103; n++) await storage.append('hundred', message('hundred', n));
      const page = texts(await storage.getHistory('hundred'));
      expect([page.length, page[0], page.at(-1)]).toEqual([100, 4, 103]);
      await storage.close?.();
    });

    it('stores a repeat once', async () => {
      const storage = await make();
      for (let n = 0; n < 3; n++) await storage.append('repeat', message('repeat', 1));
      expect(await storage.getHistory('repeat')).toHaveLength(1);
      await storage.close?.();
    });

    it('keeps messages of one millisecond in the order they came', async () => {
      const storage = await make();
      for (let n = 1; n <= 20; n++) await storage.append('same', message('same', n, 5));
      expect(texts(await storage.getHistory('same'))).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      await storage.close?.();
    });

    it('keeps rooms apart whatever they are called', async () => {
      const storage = await make();
      const rooms = ['a', 'A', 'a ', "a'; --", '%', '__proto__', '😀'];
      for (const [n, room] of rooms.entries()) await storage.append(room, message(room, n));
      for (const [n, room] of rooms.entries()) expect(texts(await storage.getHistory(room))).toEqual([n]);
      await storage.close?.();
    });
  });
}
