import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { isObject } from '../core/json.ts';

/**
 * Nodes: version numbers of an application's things. The application raises a node when the thing behind it changes.
 * Clients send the versions that they know, and the server answers with the nodes that differ. Over sockets the
 * doorbell pushes changes.
 */

export const mostKeys = 1_000;
const maxKeyBytes = 1_024;
const maxHashBytes = 4_096;
const maxPayloadBytes = 1_024;

export const NodeKey = () =>
  z
    .string()
    .check(
      z.minLength(1, 'a key has at least one character'),
      z.refine(isKey, `a key has at most ${maxKeyBytes} bytes of UTF-8`),
      z.describe('Name of a node: any text of 1 to 1,024 bytes, by convention domain:resource:id.'),
    );

/** Whether the table can store a text unchanged. It cannot store half a surrogate pair. */
function isKept(text: string, maxBytes: number): boolean {
  return Buffer.byteLength(text) <= maxBytes && text.isWellFormed();
}

const isKey = (text: string): boolean => isKept(text, maxKeyBytes);

const Hash = () =>
  z.string().check(
    z.minLength(1, 'a hash has at least one character'),
    z.refine((text) => isKept(text, maxHashBytes), `a hash has at most ${maxHashBytes} bytes of UTF-8`),
    z.describe('Hash of the state that the node stands for. The server only compares hashes for equality.'),
  );

const Payload = () =>
  z.unknown().check(
    z.refine(
      (value) => value === undefined || Buffer.byteLength(JSON.stringify(value)) <= maxPayloadBytes,
      `a payload has at most ${maxPayloadBytes} bytes as JSON`,
    ),
    z.describe(
      'JSON of up to 1,024 bytes, so that clients need not fetch the thing itself. The next update removes it.',
    ),
  );

const Version = () => z.int().check(z.describe('0: the node does not exist.'));
const EpochMs = () => z.int().check(z.describe('Milliseconds since 1970.'));

/** Not rebuilt: a schema that rebuilds objects would lose keys like `__proto__`. */
const Known = () =>
  z.custom<Readonly<Record<string, number>>>(isObject, { error: 'expected an object of versions by key' }).check(
    z.refine((known) => Object.keys(known).length <= mostKeys, `at most ${mostKeys} keys at a time`),
    z.refine(
      (known) => Object.keys(known).every((key) => key !== '' && isKey(key)),
      `a key has 1 to ${maxKeyBytes} bytes of UTF-8`,
    ),
    z.refine((known) => Object.values(known).every(isVersion), 'a version is a whole number from 0'),
    z.meta({
      type: 'object',
      description: 'The version of each node that the client has, by key; 0 for none. At most 1,000 keys.',
      additionalProperties: { type: 'integer', minimum: 0 },
      examples: [{}],
    }),
  );

const isVersion = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

const Sync = () =>
  z
    .object({
      known: Known(),
      clientId: z.optional(
        z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'expected a UUID')),
      ),
      mode: z.optional(z.enum(['native', 'sse-compat', 'polling-compat'])),
      hint: z.optional(z.enum(['interaction', 'focus', 'idle', 'mutation', 'mount', 'reconnect', 'poll'])),
      timestamp: z.optional(z.int()),
      wait: z
        .optional(z.int())
        .check(
          z.describe(
            'How many milliseconds the server waits for a change if nothing differs yet; the deployment limits it.',
          ),
        ),
    })
    .check(
      z.refine(
        ({ clientId, mode, hint }) => new Set([clientId, mode, hint].map((one) => one === undefined)).size === 1,
        'clientId, mode and hint go together',
      ),
    );

const Node = () =>
  z.object({
    key: z.string(),
    version: Version(),
    hash: z.string(),
    updatedAt: EpochMs(),
    payload: z.optional(z.unknown()),
  });

const Changed = () =>
  z.custom<Readonly<Record<string, unknown>>>(isObject).check(
    z.meta({
      type: 'object',
      description:
        'By key: {key, version, hash, updatedAt, source, payload?}. A deleted node has version 0 and an empty hash.',
    }),
  );

const Mesh = () =>
  z.object({
    peers: z
      .union([z.array(z.string()), z.record(z.string(), z.string())])
      .check(z.describe('Ids of the other servers; if the request has a clientId, their health by URL instead.')),
    serverVersion: z.int().check(z.describe('The largest version assigned so far.')),
  });

const Synced = () => z.object({ changed: Changed(), mesh: Mesh(), serverTime: EpochMs() });

const Keys = () =>
  z
    .array(NodeKey(), 'name at least one key')
    .check(z.minLength(1, 'name at least one key'), z.maxLength(mostKeys, `at most ${mostKeys} keys at a time`));
const OneKey = () =>
  z.array(NodeKey(), 'name a key').check(z.minLength(1, 'name a key'), z.maxLength(1, 'one key at a time'));

const Summary = () => z.object({ serverId: z.string(), health: z.string(), lastSeen: EpochMs(), maxVersion: z.int() });

const anybody = { access: { caller: { anonymousIn: 'nodes' }, scope: 'read' }, errors: ['not_logged_in'] } as const;
const reader = { access: { caller: 'user', scope: 'read' }, errors: ['not_logged_in', 'not_found'] } as const;
const writer = { access: { caller: 'user', scope: 'write' }, errors: ['not_logged_in'] } as const;

export const nodesContract = {
  operations: {
    sync: operation({
      summary:
        'List which of these nodes have another version than the client knows. With `wait`, the server answers once one differs, or after that time.',
      ...anybody,
      input: Sync,
      output: Synced,
      http: { method: 'POST', path: '/reality/sync' },
    }),
    update: operation({
      summary:
        'Raise a node because the thing behind it has changed. It gets a new version, larger than all versions assigned before.',
      ...writer,
      input: () => z.object({ key: NodeKey(), hash: Hash(), payload: z.optional(Payload()) }),
      output: () => z.object({ key: z.string(), version: Version(), hash: z.string(), updatedAt: EpochMs() }),
      http: { method: 'POST', path: '/reality/update' },
    }),
    invalidate: operation({
      summary:
        'Raise several nodes, each with its own new hash. With `source`, no version changes: the server only makes waiting requests check again.',
      ...writer,
      input: () =>
        z.object({
          keys: Keys(),
          source: z.optional(
            z.string().check(z.describe('The server where the nodes have changed; on this one no version changes.')),
          ),
          timestamp: z.optional(z.int()),
        }),
      output: () =>
        z.object({ invalidated: z.array(z.string()), versions: Changed().check(z.describe('Versions by key.')) }),
      http: { method: 'POST', path: '/reality/invalidate' },
    }),
    versions: operation({
      summary:
        'List the nodes that have changed since a version, in ascending order of version, up to 1,000 at a time.',
      ...reader,
      input: () => z.object({ since: z.optional(z.string().check(z.regex(/^\d{1,16}$/, 'a version, or nothing'))) }),
      output: () =>
        z.object({
          serverId: z.string(),
          maxVersion: z.int(),
          peerSummaries: z.array(Summary()),
          timestamp: EpochMs(),
          changed: z.array(z.object({ key: z.string(), version: Version(), hash: z.string() })),
          next: z.optional(z.int()).check(z.describe('Present if there are more: the `since` of the next request.')),
          settled: z
            .int()
            .check(
              z.describe(
                'No change up to this version can still appear, so a later poll can continue from here. If there are several pages, use the value of the first.',
              ),
            ),
        }),
      http: { method: 'GET', path: '/reality/versions' },
    }),
    events: operation({
      summary:
        'Server-sent events for an `EventSource`: the changes since its last request. Then the response ends, and the `EventSource` reconnects by itself.',
      ...anybody,
      input: () => z.object({ key: Keys(), lastEventId: z.optional(z.string()) }),
      output: () => z.string(),
      http: {
        method: 'GET',
        path: '/reality/events',
        lists: ['key'],
        headers: { lastEventId: 'last-event-id' },
        credentialInQuery: 'access_token',
      },
    }),
    poll: operation({
      summary: 'Read nodes again; 304 if none has a larger version than the header X-Reality-Version.',
      ...anybody,
      input: () => z.object({ key: Keys(), known: z.optional(z.string()) }),
      output: Synced,
      http: { method: 'GET', path: '/reality/poll', lists: ['key'], headers: { known: 'x-reality-version' } },
    }),
    get: operation({
      summary: 'Read a node.',
      ...reader,
      input: () => z.object({ key: OneKey() }),
      output: Node,
      http: { method: 'GET', path: '/reality/nodes', lists: ['key'] },
    }),
    delete: operation({
      summary: 'Delete a node. Clients that know it receive version 0.',
      ...writer,
      input: () => z.object({ key: OneKey() }),
      output: () => z.object({ key: z.string(), deleted: z.boolean().check(z.describe('Whether the node existed.')) }),
      http: { method: 'DELETE', path: '/reality/nodes', inQuery: true, lists: ['key'] },
    }),
    health: operation({
      summary: 'Health check: whether the server can read nodes; 503 if not.',
      access: { caller: 'anyone', scope: 'read' },
      errors: [],
      input: () => z.unknown(),
      output: () =>
        z.object({
          status: z.enum(['healthy', 'degraded', 'unhealthy']),
          serverId: z.string(),
          version: z.string(),
          uptime: z.int().check(z.describe('Milliseconds since the answering process started.')),
          mesh: z.object({ peerCount: z.int(), healthyPeers: z.int() }),
          storage: z.object({ healthy: z.boolean(), maxVersion: z.int() }),
        }),
      http: { method: 'GET', path: '/reality/health', also: ['/reality/', '/reality'] },
    }),
    stats: operation({
      summary: 'Read statistics of the server and its mesh.',
      ...reader,
      input: () => z.unknown(),
      output: () =>
        z.object({
          serverId: z.string(),
          uptime: z.int(),
          mesh: z.object({
            serverId: z.string(),
            maxVersionSeen: z.int(),
            peerCount: z.int(),
            healthyPeerCount: z.int(),
            lastGossipTime: EpochMs(),
          }),
          storage: z.object({ healthy: z.boolean(), maxVersion: z.int() }),
        }),
      http: { method: 'GET', path: '/reality/stats' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
