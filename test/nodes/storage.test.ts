import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { memoryNodeStorage } from '../../functions/adapters/node-storage-memory.ts';
import { sqlNodeStorage } from '../../functions/adapters/node-storage-sql.ts';
import { readSettings } from '../../functions/core/settings.ts';
import { tableNodeStorage } from '../../functions/nodes/table-store.ts';
import { livePorts } from '../support/live-ports.ts';
import { nodeStorageSuite } from '../support/suites/node-storage-suite.ts';

nodeStorageSuite('nodes in the table', async () => tableNodeStorage((await livePorts()).ports));
nodeStorageSuite('nodes in memory', async () => memoryNodeStorage());
nodeStorageSuite('nodes in an SQL database', async () => sqlNodeStorage({ query: sqlite(), dialect: 'sqlite' }));

const mesh = { SERVER_ID: 'b', PEERS: JSON.stringify([{ serverId: 'a', url: 'https://a.example' }]) };
nodeStorageSuite('nodes in the table of one region of two', async () => {
  const { serverId, peers } = readSettings(mesh);
  return tableNodeStorage((await livePorts({ serverId, peers })).ports);
});

function sqlite() {
  const database = new DatabaseSync(':memory:');
  return async (sql: string, params: readonly unknown[]) => {
    // What the storage hands over is texts, numbers and null.
    return database.prepare(sql).all(...(params as (string | number | null)[]));
  };
}

describe('nodes in an SQL database', () => {
  it('are kept under a name of one’s own', async () => {
    const query = sqlite();
    const mine = sqlNodeStorage({ query, dialect: 'sqlite', table: 'mine' });
    await mine.incrementVersion('k', 'h');
    expect(await sqlNodeStorage({ query, dialect: 'sqlite' }).getNode('k')).toBeUndefined();
    expect(await query('SELECT hash FROM mine', [])).toEqual([expect.objectContaining({ hash: 'h' })]);
    expect(() => sqlNodeStorage({ query, dialect: 'sqlite', table: 'a; DROP TABLE b' })).toThrow('A table name has');
  });

  it('say that the database cannot be asked, and can be asked again when it is back', async () => {
    const query = sqlite();
    let isDown = true;
    const storage = sqlNodeStorage({
      dialect: 'sqlite',
      query: async (sql, params) => {
        if (isDown) throw new Error('down');
        return query(sql, params);
      },
    });
    expect(await storage.isHealthy()).toBe(false);
    isDown = false;
    expect(await storage.isHealthy()).toBe(true);
  });

  it.each(['postgres', 'mysql'] as const)('speak %s', async (dialect) => {
    const said: [string, readonly unknown[]][] = [];
    const storage = sqlNodeStorage({
      dialect,
      query: async (sql, params) => {
        said.push([sql, params]);
        return sql.startsWith('SELECT number') ? [{ number: '7' }] : [];
      },
      now: () => 1,
    });
    expect(await storage.incrementVersion('k', 'h', { a: 1 })).toMatchObject({ version: 7 });
    await storage.getNodes(['a', 'b']);
    await storage.listChangedSince(5, 10);
    for (const [sql, params] of said) {
      const places = dialect === 'postgres' ? new Set(sql.match(/\$\d+/g) ?? []).size : (sql.match(/\?/g) ?? []).length;
      expect([sql, places]).toEqual([sql, params.length]);
    }
  });
});

describe('nodes in the table', () => {
  it('of two regions have numbers that are never the same, in the order of time', async () => {
    const { ports, advance } = await livePorts();
    const region = (serverId: string, other: string) => {
      const settings = { ...ports.settings, serverId, peers: [{ serverId: other, url: 'https://example.com' }] };
      return tableNodeStorage({ table: ports.table, clock: ports.clock, settings });
    };
    const [a, b] = [region('a', 'b'), region('b', 'a')];
    const raised = await Promise.all(
      Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? a : b).incrementVersion(`k${n}`, 'h')),
    );
    expect(new Set(raised.map(({ version }) => version)).size).toBe(60);
    advance(1_000);
    const later = await b.incrementVersion('k', 'h');
    for (const { version } of raised) expect(version).toBeLessThan(later.version);
    expect(await a.getMaxVersion()).toBe(later.version);
    expect(later.version).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('go on above the numbers from when there were several regions', async () => {
    const { ports } = await livePorts();
    const settings = { ...ports.settings, serverId: 'a', peers: [{ serverId: 'b', url: 'https://example.com' }] };
    const meshed = tableNodeStorage({ table: ports.table, clock: ports.clock, settings });
    const before = await meshed.incrementVersion('k', 'h');
    await meshed.incrementVersion('gone', 'h');
    const alone = tableNodeStorage(ports);
    expect(await alone.deleteNode('gone')).toBe(true);
    expect(await alone.getNode('gone')).toBeUndefined();
    const raised = await Promise.all(['1', '2', '3'].map((hash) => alone.incrementVersion('k', hash)));
    const versions = raised.map(({ version }) => version);
    expect(new Set(versions).size).toBe(3);
    const last = raised.sort((x, y) => x.version - y.version).at(-1);
    expect(await alone.getNode('k')).toEqual(last);
    expect(last?.version).toBeGreaterThan(before.version);
    expect(await alone.getMaxVersion()).toBeGreaterThanOrEqual(last?.version ?? 0);
  });

  it('go on above the numbers from when there was one region', async () => {
    const { ports } = await livePorts();
    const alone = await tableNodeStorage(ports).incrementVersion('k', 'h');
    const settings = { ...ports.settings, serverId: 'a', peers: [{ serverId: 'b', url: 'https://example.com' }] };
    const meshed = tableNodeStorage({ table: ports.table, clock: ports.clock, settings });
    expect((await meshed.incrementVersion('k', 'h2')).version).toBeGreaterThan(alone.version);
    expect((await meshed.getNode('k'))?.hash).toBe('h2');
  });
});
