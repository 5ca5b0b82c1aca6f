import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';
import type { Item } from '../core/table.ts';

/** When a region was last seen alive, and its largest version then. */
export interface Seen {
  readonly lastSeen: number;
  readonly maxVersion: number;
}

/** The least time between two notes for other regions. */
const tellEveryMs = 10_000;

/** When this process noted it last, for the server that it is. */
const noted = new WeakMap<Settings, number>();

/** Notes that this region is alive. A deployment without peers notes nothing. */
export async function noteAtWork(ports: Ports, maxVersion: number): Promise<void> {
  const { settings, clock } = ports;
  if (settings.peers.length === 0) return;
  const { table } = ports;
  const now = clock.now();
  if (now - (noted.get(settings) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return;
  noted.set(settings, now);
  const isDue = ex`attribute_not_exists(lastSeen) OR lastSeen <= ${now - tellEveryMs}`;
  const change = ex`SET lastSeen = ${now}, maxVersion = ${maxVersion}`;
  await table.update(keys.peer(settings.serverId), change, { when: isDue });
}

/** Those of the peers that have ever been seen. */
export async function readPeers({ table, settings: { peers } }: Ports): Promise<ReadonlyMap<string, Seen>> {
  if (peers.length === 0) return new Map();
  const items = await table.batchGet(peers.map(({ serverId }) => keys.peer(serverId)));
  const byKey = new Map(items.map((item: Item) => [String(item.pk), item]));
  return new Map(
    peers.flatMap(({ serverId }) => {
      const item = byKey.get(keys.peer(serverId).pk);
      return item
        ? [[serverId, { lastSeen: Number(item.lastSeen), maxVersion: Number(item.maxVersion) }] as const]
        : [];
    }),
  );
}
