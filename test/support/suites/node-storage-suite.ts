import { describe, expect, it } from '@jest/globals';
import type { NodeStorage } from '../../../functions/core/node-storage.ts';

/** What every `NodeStorage` promises. */
export function nodeStorageSuite(what: string, make: () => Promise<NodeStorage>): void {
  describe(what, () => {
    it('knows nothing at first', async () => {
      const storage = await make();
      expect(await storage.getNode('k')).toBeUndefined();
      expect(await storage.getMaxVersion()).toBe(0);
      expect(await storage.listChangedSince(0)).toEqual([]);
      const seen = await storage.look(['k', 'l']);
      expect([seen.nodes.size, seen.maxVersion]).toEqual([0, 0]);
      expect((await storage.look([])).maxVersion).toBe(0);
      expect(await storage.isHealthy()).toBe(true);
    });

    it('gives back what it was told, whole', async () => {
      const storage = await make();
      const payload = { a: [null, { b: '' }], 'ä😀': 'x"\'\\' };
      const node = await storage.incrementVersion('k', 'h 😀', payload);
      expect(node).toEqual({
        key: 'k',
        version: expect.any(Number),
        hash: 'h 😀',
        updatedAt: expect.any(Number),
        payload,
      });
      expect(await storage.getNode('k')).toEqual(node);
      expect((await storage.look(['k'])).nodes).toEqual(new Map([['k', node]]));
      expect((await storage.incrementVersion('n', 'h', null)).payload).toBeNull();
      expect((await storage.getNode('n'))?.payload).toBeNull();
    });

    it('gives every change a number above all before it, whichever node it is for', async () => {
      const storage = await make();
      let last = 0;
      for (const key of ['a', 'b', 'a', 'c', 'a']) {
        const { version } = await storage.incrementVersion(key, 'same');
        expect(version).toBeGreaterThan(last);
        expect(Number.isSafeInteger(version)).toBe(true);
        last = version;
        expect(await storage.getMaxVersion()).toBe(last);
      }
      expect((await storage.getNode('a'))?.version).toBe(last);
    });

    it('drops a payload with the next change', async () => {
      const storage = await make();
      await storage.incrementVersion('k', 'h', { a: 1 });
      await storage.incrementVersion('k', 'h2');
      expect(await storage.getNode('k')).not.toHaveProperty('payload');
    });

    it('keeps keys apart, whatever they are', async () => {
      const storage = await make();
      const keys = [
        'k',
        'K',
        'k ',
        ' k',
        'k#x',
        'k/x',
        'k%23x',
        'constructor',
        '__proto__',
        'toString',
        "'; --",
        '%',
        'ä',
        'a\u0308',
        '😀',
        'x'.repeat(1_024),
        'k\u0000',
        '"',
      ];
      const versions = new Map<string, number>();
      for (const key of keys) versions.set(key, (await storage.incrementVersion(key, `hash of ${key.length}`)).version);
      const found = await storage.getNodes(keys);
      expect(new Map([...found].map(([key, { version }]) => [key, version]))).toEqual(versions);
      for (const key of keys) expect((await storage.getNode(key))?.key).toBe(key);
    });

    it('gives each of many who ask at once a number of their own, and ends at the largest with its hash', async () => {
      const storage = await make();
      const raised = await Promise.all(
        Array.from({ length: 40 }, (_, n) => storage.incrementVersion(n % 2 === 0 ? 'one' : `own ${n}`, `hash ${n}`)),
      );
      expect(new Set(raised.map(({ version }) => version)).size).toBe(40);
      const last = raised.filter(({ key }) => key === 'one').sort((a, b) => b.version - a.version)[0];
      expect(await storage.getNode('one')).toEqual(last);
      expect(await storage.getMaxVersion()).toBe(Math.max(...raised.map(({ version }) => version)));
    });

    it('numbers several together in their order', async () => {
      const storage = await make();
      await storage.incrementVersion('before', 'h');
      const raised = await storage.incrementVersions([
        { key: 'a', hash: '1' },
        { key: 'b', hash: '2', payload: 7 },
        { key: 'c', hash: '3' },
      ]);
      expect(raised.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
      const versions = raised.map(({ version }) => version);
      expect(versions).toEqual([...versions].sort((x, y) => x - y));
      expect(new Set(versions).size).toBe(3);
      expect((await storage.listChangedSince(0)).map(({ key }) => key)).toEqual(['before', 'a', 'b', 'c']);
      expect((await storage.getNode('b'))?.payload).toBe(7);
    });

    it('lists what has changed since a version, each node once, ascending, no more than asked for', async () => {
      const storage = await make();
      for (let n = 0; n < 12; n += 1) await storage.incrementVersion(`k${n}`, 'h');
      const middle = (await storage.getNode('k5'))?.version ?? 0;
      await storage.incrementVersion('k3', 'again');
      expect((await storage.listChangedSince(middle)).map(({ key }) => key)).toEqual([
        'k6',
        'k7',
        'k8',
        'k9',
        'k10',
        'k11',
        'k3',
      ]);
      expect((await storage.listChangedSince(middle, 2)).map(({ key }) => key)).toEqual(['k6', 'k7']);
      expect(await storage.listChangedSince(await storage.getMaxVersion())).toEqual([]);
    });

    it('never gives a number again that a deleted node had', async () => {
      const storage = await make();
      const before = await storage.incrementVersion('k', 'h');
      expect(await storage.deleteNode('k')).toBe(true);
      expect(await storage.deleteNode('k')).toBe(false);
      expect(await storage.deleteNode('never there')).toBe(false);
      expect(await storage.getNode('k')).toBeUndefined();
      expect((await storage.look(['k'])).nodes.size).toBe(0);
      expect(await storage.listChangedSince(0)).toEqual([]);
      const again = await storage.incrementVersion('k', 'h');
      expect(again.version).toBeGreaterThan(before.version);
      expect(await storage.getNode('k')).toEqual(again);
    });

    it('takes over a node with its version, unless a later one is there, and counts on above it', async () => {
      const storage = await make();
      const meta = { key: 'k', version: 500, hash: 'h', updatedAt: 7 };
      await storage.setNode(meta);
      expect(await storage.getNode('k')).toEqual(meta);
      await storage.setNode({ ...meta, version: 400, hash: 'older' });
      expect(await storage.getNode('k')).toEqual(meta);
      expect((await storage.incrementVersion('l', 'h')).version).toBeGreaterThan(500);
    });

    it('has another pulse after a change, a deletion and a hint, and the same while nothing happens', async () => {
      const storage = await make();
      await storage.incrementVersion('k', 'h');
      const pulses = [await storage.pulse()];
      expect(await storage.pulse()).toBe(pulses[0]);
      expect((await storage.look(['k'])).pulse).toBe(pulses[0]);
      await storage.incrementVersion('other', 'h');
      pulses.push(await storage.pulse());
      await storage.hint(['k', 'not there']);
      pulses.push(await storage.pulse());
      await storage.deleteNode('k');
      pulses.push(await storage.pulse());
      expect(new Set(pulses).size).toBe(4);
      expect(await storage.getNode('not there')).toBeUndefined();
    });

    it('counts hints at a node, and nothing else of it changes', async () => {
      const storage = await make();
      const node = await storage.incrementVersion('k', 'h');
      const before = (await storage.look(['k'])).hints.get('k') ?? 0;
      await storage.hint(['k']);
      const seen = await storage.look(['k']);
      expect(seen.hints.get('k')).toBe(before + 1);
      expect(seen.nodes.get('k')).toEqual(node);
    });

    it('fetches hundreds of nodes at a time', async () => {
      const storage = await make();
      const changes = Array.from({ length: 250 }, (_, n) => ({ key: `k${n}`, hash: `h${n}` }));
      await storage.incrementVersions(changes);
      const seen = await storage.look(changes.map(({ key }) => key));
      expect(seen.nodes.size).toBe(250);
      expect(seen.maxVersion).toBeGreaterThanOrEqual(
        Math.max(...[...seen.nodes.values()].map(({ version }) => version)),
      );
    });
  });
}
