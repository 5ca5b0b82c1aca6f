import { describe, expect, it } from '@jest/globals';
import { keys } from '../../functions/core/keys.ts';
import type { Peer } from '../../functions/core/peers.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { httpOver } from '../support/http.ts';
import { asOldClient, nodesWorld } from '../support/nodes.ts';

const servers: Peer[] = ['eu', 'us', 'ap'].map((serverId) => ({ serverId, url: `https://${serverId}.example` }));
const region = (serverId: string): Partial<Settings> => ({
  serverId,
  peers: servers.filter((one) => one.serverId !== serverId),
});

async function meshed() {
  const world = await nodesWorld(region('eu'));
  const http = httpOver({ ...world.ports, settings: { ...world.ports.settings, ...region('us') } });
  return { ...world, us: http };
}

describe('a mesh of regions', () => {
  it('names the others, to older clients with how lately each was at work', async () => {
    const { sync, us, as, clock } = await meshed();
    expect((await sync({})).body.mesh.peers).toEqual(['us', 'ap']);
    const health = async () => (await sync({}, asOldClient)).body.mesh.peers;
    expect(await health()).toEqual({ 'https://us.example': 'unknown', 'https://ap.example': 'unknown' });
    await us('POST', '/reality/update', { body: { key: 'k', hash: 'h' }, as });
    expect(await health()).toMatchObject({ 'https://us.example': 'healthy', 'https://ap.example': 'unknown' });
    clock.advance(60_000);
    expect(await health()).toMatchObject({ 'https://us.example': 'degraded' });
    clock.advance(4 * 60_000);
    expect(await health()).toMatchObject({ 'https://us.example': 'unhealthy' });
  });

  it('tells each other’s state in headers, health and figures', async () => {
    const { sync, get, us, as, clock } = await meshed();
    expect((await get('health')).body).toMatchObject({ status: 'degraded', mesh: { peerCount: 2, healthyPeers: 0 } });
    const { version } = (await us('POST', '/reality/update', { body: { key: 'k', hash: 'h' }, as })).body;
    const { headers, body } = await sync({ k: 0 });
    const seen = { serverId: 'us', health: 'healthy', lastSeen: clock.now(), maxVersion: version };
    const { peerSummaries } = JSON.parse(headers['x-reality-gossip'] ?? '');
    expect(peerSummaries[0]).toEqual(seen);
    expect(body.changed.k).toMatchObject({ version, source: 'eu' });
    expect(body.mesh.serverVersion).toBe(version);
    expect((await get('health')).body).toMatchObject({ status: 'healthy', serverId: 'eu', mesh: { healthyPeers: 1 } });
    expect((await get('stats', { as })).body.mesh).toEqual({
      serverId: 'eu',
      maxVersionSeen: version,
      peerCount: 2,
      healthyPeerCount: 1,
      lastGossipTime: clock.now(),
    });
  });

  it('numbers changes in the order of time, wherever they are made', async () => {
    const { update, us, as, clock } = await meshed();
    const inUs = async () => (await us('POST', '/reality/update', { body: { key: 'k', hash: 'h' }, as })).body.version;
    const versions: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      versions.push(await update('k', `${n}`));
      clock.advance(5);
      versions.push(await inUs());
      clock.advance(5);
    }
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(10);
  });

  it('notes that it is at work every ten seconds at most', async () => {
    const { update, sync, ports, clock } = await meshed();
    const noted = async () => (await ports.table.get(keys.peer('eu')))?.lastSeen;
    await update('k', '1');
    const first = clock.now();
    clock.advance(9_999);
    await update('k', '2');
    await sync({});
    expect(await noted()).toBe(first);
    clock.advance(1);
    await sync({});
    expect(await noted()).toBe(first + 10_000);
  });
});
