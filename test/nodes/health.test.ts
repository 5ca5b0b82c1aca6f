import { describe, expect, it } from '@jest/globals';
import { memoryNodeStorage } from '../../functions/adapters/node-storage-memory.ts';
import { defineApp } from '../../functions/core/app.ts';
import { httpOver } from '../support/http.ts';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { get, update, as } = world;

describe('health', () => {
  it.each(['/reality/health', '/reality/', '/reality'])('is told at %s, to anybody', async (path) => {
    const version = await update('k', 'h');
    const { status, body } = await world.http('GET', path);
    expect([status, body]).toEqual([
      200,
      {
        status: 'healthy',
        serverId: 'chorus',
        version: '1.0.0',
        uptime: expect.any(Number),
        mesh: { peerCount: 0, healthyPeers: 0 },
        storage: { healthy: true, maxVersion: version },
      },
    ]);
  });

  it('is 503 where nodes cannot be read', async () => {
    const table = new Proxy(world.ports.table, { get: () => () => Promise.reject(new Error('down')) });
    const { status, body } = await httpOver({ ...world.ports, table })('GET', '/reality/health');
    expect([status, body]).toMatchObject([503, { status: 'unhealthy', storage: { healthy: false } }]);
  });

  it('comes with figures for who is signed in', async () => {
    const version = await update('k', 'h');
    expect((await get('stats', { as })).body).toEqual({
      serverId: 'chorus',
      uptime: expect.any(Number),
      mesh: { serverId: 'chorus', maxVersionSeen: version, peerCount: 0, healthyPeerCount: 0, lastGossipTime: 0 },
      storage: { healthy: true, maxVersion: version },
    });
    expect((await get('stats')).status).toBe(401);
  });
});

describe('a storage of the application’s own', () => {
  it('is asked in place of the table', async () => {
    const nodeStorage = memoryNodeStorage();
    const http = httpOver({ ...world.ports, app: defineApp({ name: 'own', nodeStorage }) });
    const { body } = await http('POST', '/reality/update', { body: { key: 'mine', hash: 'h' }, as });
    expect(body.version).toBe(1);
    expect(await nodeStorage.getNode('mine')).toMatchObject({ hash: 'h' });
    expect((await http('POST', '/reality/sync', { body: { known: { mine: 0 } } })).body.changed.mine.version).toBe(1);
    expect((await get('nodes?key=mine', { as })).status).toBe(404);
  });
});
