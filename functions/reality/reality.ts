import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { NodeMeta } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { eventsSince } from '../nodes/events.ts';
import { stats } from '../nodes/health.ts';
import { deleteNode, updateNode, updateNodes } from '../nodes/raising.ts';
import { storageOf } from '../nodes/storage.ts';
import { type SyncRequest, type SyncResponse, sync } from '../nodes/syncing.ts';

export interface SseOptions {
  readonly keys: readonly string[];
  /**
   * Milliseconds to wait for an event before the heartbeat, bounded by the deployment's own limit.
   * @default 0: answers at once
   */
  readonly heartbeatInterval?: number;
}

/** Nodes for code in the same program. Its calls are anonymous, so guarded keys do not exist for it. */
export interface Reality {
  /** Raises a node because the thing behind it has changed. */
  updateNode(key: string, hash: string, payload?: unknown): Promise<NodeMeta>;
  /** Raises nodes, each with a new hash. */
  invalidate(keys: readonly string[]): Promise<readonly NodeMeta[]>;
  getNode(key: string): Promise<NodeMeta | null>;
  /** @returns whether the node existed */
  deleteNode(key: string): Promise<boolean>;
  /** @param userId the calling user; anonymous without it */
  handleSync(request: SyncRequest, userId?: string): Promise<SyncResponse>;
  /** Ids of the other servers. */
  getMeshPeers(): Promise<readonly string[]>;
  getStats(): ReturnType<typeof stats>;
  /** A response for an `EventSource`: short, after which it reconnects by itself. */
  handleSSECompat(request: Request, options: SseOptions): Promise<Response>;
}

export function realityOver(ports: Ports): Reality {
  return {
    updateNode: (key, hash, payload) => updateNode(ports, key, hash, payload),
    invalidate: (keys) =>
      updateNodes(
        ports,
        [...new Set(keys)].map((key) => ({ key, hash: ports.ids.uuid() })),
      ),
    getNode: async (key) => (await storageOf(ports).getNode(key)) ?? null,
    deleteNode: (key) => deleteNode(ports, key),
    handleSync: async (request, userId) =>
      (await sync(ports, userId === undefined ? undefined : somebody(userId), request)).response,
    getMeshPeers: async () => ports.settings.peers.map(({ serverId }) => serverId),
    getStats: () => stats(ports),

    async handleSSECompat(request, { keys, heartbeatInterval = 0 }) {
      const lastEventId = request.headers.get('last-event-id') ?? undefined;
      const { text, cursor } = await eventsSince(ports, undefined, { keys, lastEventId, waitMs: heartbeatInterval });
      const headers = {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        'X-Reality-Version': String(cursor),
      };
      return new Response(text, { headers });
    },
  };
}

/** The identity of a user whom the program itself has authenticated. */
export function somebody(userId: string): Identity {
  const credential = { kind: 'app', id: userId, expiresAt: null } as const;
  return { userId: branded<UserId>(userId), role: 'none', credential };
}
