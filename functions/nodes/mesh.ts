import type { Ports } from '../core/ports.ts';
import { readPeers } from './peer-store.ts';

/** How recently a region was seen alive. */
export type PeerHealth = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

export interface PeerState {
  readonly serverId: string;
  readonly url: string;
  readonly health: PeerHealth;
  /** 0: never. */
  readonly lastSeen: number;
  readonly maxVersion: number;
}

const healthyMs = 60_000;
const degradedMs = 5 * 60_000;

/**
 * The mesh is the same deployment in other regions, over one global table. Regions do not call each other: each writes
 * into the table that it is alive, and reads there what the others have written.
 */
export async function mesh(ports: Ports): Promise<readonly PeerState[]> {
  const { settings, clock } = ports;
  const seen = await readPeers(ports);
  return settings.peers.map(({ serverId, url }) => {
    const { lastSeen, maxVersion } = seen.get(serverId) ?? { lastSeen: 0, maxVersion: 0 };
    return { serverId, url, health: healthAfter(lastSeen, clock.now()), lastSeen, maxVersion };
  });
}

function healthAfter(lastSeen: number, now: number): PeerHealth {
  if (lastSeen === 0) return 'unknown';
  if (now - lastSeen < healthyMs) return 'healthy';
  return now - lastSeen < degradedMs ? 'degraded' : 'unhealthy';
}

/** What one server tells others of itself and of those it knows. */
export interface Gossip {
  readonly serverId: string;
  readonly maxVersion: number;
  readonly peerSummaries: Omit<PeerState, 'url'>[];
  readonly timestamp: number;
}

export function gossip({ settings, clock }: Ports, peers: readonly PeerState[], maxVersion: number): Gossip {
  const peerSummaries = peers.map(({ url: _, ...summary }) => summary);
  return { serverId: settings.serverId, maxVersion, peerSummaries, timestamp: clock.now() };
}

/** Response headers about the server. */
export function serverHeaders(told: Gossip): Readonly<Record<string, string>> {
  return { 'X-Reality-Server': told.serverId, 'X-Reality-Gossip': JSON.stringify(told) };
}
