import type { Ports } from '../core/ports.ts';
import { mesh } from './mesh.ts';
import { readPeers } from './peer-store.ts';
import { storageOf } from './storage.ts';

/** Version of the protocol that clients expect here. */
const protocolVersion = '1.0.0';

export async function health(ports: Ports) {
  const { serverId } = ports.settings;
  const storage = storageOf(ports);
  const isHealthy = await storage.isHealthy();
  if (!isHealthy) {
    const nothing = { peerCount: ports.settings.peers.length, healthyPeers: 0 };
    return about('unhealthy', nothing, { healthy: false, maxVersion: 0 });
  }
  const [peers, maxVersion] = await Promise.all([mesh(ports), storage.getMaxVersion()]);
  const healthyPeers = peers.filter((peer) => peer.health === 'healthy').length;
  const isAlone = peers.length > 0 && healthyPeers === 0;
  const meshed = { peerCount: peers.length, healthyPeers };
  return about(isAlone ? 'degraded' : 'healthy', meshed, { healthy: true, maxVersion });

  function about(
    status: 'healthy' | 'degraded' | 'unhealthy',
    meshNow: { readonly peerCount: number; readonly healthyPeers: number },
    stored: { readonly healthy: boolean; readonly maxVersion: number },
  ) {
    return { status, serverId, version: protocolVersion, uptime: ports.clock.upFor(), mesh: meshNow, storage: stored };
  }
}

export async function stats(ports: Ports) {
  const { serverId } = ports.settings;
  const storage = storageOf(ports);
  const [peers, seen, maxVersion, healthy] = await Promise.all([
    mesh(ports),
    readPeers(ports),
    storage.getMaxVersion(),
    storage.isHealthy(),
  ]);
  return {
    serverId,
    uptime: ports.clock.upFor(),
    mesh: {
      serverId,
      maxVersionSeen: Math.max(maxVersion, ...peers.map((peer) => peer.maxVersion)),
      peerCount: peers.length,
      healthyPeerCount: peers.filter((peer) => peer.health === 'healthy').length,
      lastGossipTime: Math.max(0, ...[...seen.values()].map(({ lastSeen }) => lastSeen)),
    },
    storage: { healthy, maxVersion },
  };
}
