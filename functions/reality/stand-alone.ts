import { systemClock, systemIds } from '../adapters/system.ts';
import { ENV } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import { noLimits } from '../core/limits.ts';
import type { NodeStorage } from '../core/node-storage.ts';
import type { Peer } from '../core/peers.ts';
import type { Ports } from '../core/ports.ts';
import { readSettings } from '../core/settings.ts';
import type { Table } from '../core/table.ts';
import { makeHandler } from '../http/door.ts';
import { nodes } from '../nodes/nodes.ts';
import type { NodeOperations } from './fetch-handler.ts';
import { type Reality, realityOver, somebody } from './reality.ts';

export interface RealityOptions {
  readonly storage: NodeStorage;
  /** @default chorus */
  readonly serverId?: string;
  /** @default none */
  readonly peers?: readonly Peer[];
  /** @default 9000 */
  readonly maxWaitMs?: number;
  /** Prefixes of keys that need authorization. @default none */
  readonly guarded?: readonly string[];
  /** Whether callers without a credential may read nodes. @default true */
  readonly anonymous?: boolean;
  /**
   * Returns the user id of a bearer credential; undefined refuses it.
   * @default refuses all credentials, so that only this program raises nodes
   */
  readonly identify?: (credential: string) => Promise<string | undefined> | string | undefined;
  /** Called with errors whose details callers do not get. */
  readonly onError?: (cause: unknown) => void;
}

/** Nodes as a program of their own, without the rest of a deployment: no sockets, no users, any storage. */
export function createReality(options: RealityOptions): Reality & { readonly operations: NodeOperations } {
  const ports = portsFor(options);
  const identify = async (_: Ports, credential: string | undefined) => {
    if (credential === undefined) return undefined;
    const userId = await options.identify?.(credential);
    if (userId === undefined) throw new Failure('invalid_key', 'The credential does not hold.');
    return somebody(userId);
  };
  return { ...realityOver(ports), operations: makeHandler(() => ports, nodes, undefined, identify) };
}

function portsFor({ storage, onError, ...options }: RealityOptions): Ports {
  const { serverId, peers, maxWaitMs, guarded, anonymous = true } = options;
  const ports: Pick<
    Ports,
    'clock' | 'ids' | 'table' | 'connections' | 'secrets' | 'limits' | 'log' | 'settings' | 'app'
  > = {
    clock: systemClock,
    ids: systemIds,
    table: nothing,
    connections: nothing,
    secrets: { server: noSecrets, named: noSecrets },
    limits: noLimits,
    log: { info: () => undefined, error: (_, cause) => onError?.(cause) },
    settings: readSettings({
      [ENV.anonymous]: anonymous ? 'nodes' : '',
      [ENV.serverId]: serverId,
      [ENV.peers]: peers && JSON.stringify(peers),
      [ENV.nodesMaxWaitMs]: maxWaitMs === undefined ? undefined : String(maxWaitMs),
      [ENV.nodesGuarded]: guarded && JSON.stringify(guarded),
    }),
    app: { name: 'reality', nodeStorage: storage },
  };
  return ports as Ports; // nodes touch no others
}

const noSecrets = async (): Promise<never> => {
  throw new Failure('not_configured', 'There are no secrets here.');
};

/** An empty table: there are no sockets and no other regions, so nothing is stored or found. */
const nothing: Table = {
  name: 'nothing',
  get: async () => undefined,
  batchGet: async () => [],
  transactGet: async (keys) => keys.map(() => undefined),
  query: async () => [],
  put: async () => ({ ok: true, item: undefined }),
  update: async () => ({ ok: true, item: undefined }),
  delete: async () => ({ ok: true, item: undefined }),
  transact: async () => ({ ok: true }),
};
