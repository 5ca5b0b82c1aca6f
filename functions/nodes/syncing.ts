import { holdsStill } from '../auth/credentials.ts';
import type { Identity } from '../core/caller.ts';
import type { NodesSeen } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse } from './access.ts';
import { type Difference, differences, type Known } from './differences.ts';
import { hold } from './holding.ts';
import { type Gossip, gossip, mesh, type PeerState } from './mesh.ts';
import { noteAtWork } from './peer-store.ts';
import { storageOf } from './storage.ts';

export interface SyncRequest {
  readonly known: Known;
  /** Sent by clients that expect the mesh as health by URL. */
  readonly clientId?: string | undefined;
  /** Milliseconds to wait for a difference. */
  readonly wait?: number | undefined;
}

export interface SyncResponse {
  readonly changed: Readonly<Record<string, Difference>>;
  readonly mesh: { readonly peers: string[] | Record<string, string>; readonly serverVersion: number };
  readonly serverTime: number;
}

export interface Synced {
  readonly response: SyncResponse;
  readonly told: Gossip;
}

/** How long a checked credential counts without another check. */
const mayBeOldMs = 1_000;

/** Returns the nodes that differ from what the client knows, at once or as soon as one does. */
export async function sync(ports: Ports, identity: Identity | undefined, request: SyncRequest): Promise<Synced> {
  const { known, clientId, wait = 0 } = request;
  const { clock, settings } = ports;
  const readable = Object.keys(known).filter((key) => mayUse(ports, identity, key));
  const differing = (seen: NodesSeen) => differences(known, seen, { source: settings.serverId, now: clock.now() });
  const since = clock.now();
  const [peers, seen] = await Promise.all([
    mesh(ports),
    hold(ports, storageOf(ports), readable, wait, (now) => differing(now).length > 0),
  ]);
  // A session may have been revoked while its client waited.
  if (identity && settings.nodesGuarded.length > 0 && clock.now() - since > mayBeOldMs)
    await holdsStill(ports, identity);
  await noteAtWork(ports, seen.maxVersion);
  const changed = differing(seen);
  const serverVersion = Math.max(seen.maxVersion, ...changed.map(([, { version }]) => version));
  return {
    response: {
      changed: Object.fromEntries(changed),
      mesh: {
        peers: clientId === undefined ? peers.map(({ serverId }) => serverId) : healthByUrl(peers),
        serverVersion,
      },
      serverTime: clock.now(),
    },
    told: gossip(ports, peers, serverVersion),
  };
}

function healthByUrl(peers: readonly PeerState[]): Record<string, string> {
  return Object.fromEntries(peers.map(({ url, health }) => [url, health]));
}
