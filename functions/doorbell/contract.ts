import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import { mostKeys, NodeKey } from '../nodes/contract.ts';

/**
 * The doorbell of nodes, on any socket whose path names no protocol: the server pushes a node's version to its watchers
 * when it changes. A client that missed a push finds the change with its next sync; the doorbell only makes it faster.
 */

/** Not rebuilt, so that keys like `__proto__` survive. */
const Versions = () =>
  z
    .custom<Readonly<Record<string, number>>>()
    .check(z.meta({ type: 'object', description: 'Versions by node key; 0: the node does not exist.' }));

export const doorbellContract = {
  operations: {
    watch: operation({
      summary: 'Watch these nodes, and no longer those of an earlier call. An empty list ends watching.',
      access: { caller: { anonymousIn: 'nodes' }, scope: 'read' },
      errors: ['not_logged_in'],
      input: () => z.object({ keys: z.array(NodeKey()).check(z.maxLength(mostKeys)) }),
      output: () => z.void(),
      socket: { dialect: 'nodes', type: 'nodes.watch', reply: 'nodes.watching', ordered: true },
    }),
  },
  pushes: {
    watching: push({
      summary:
        'The current versions. From now on the server pushes changes of these nodes. Versions that do not fit in this frame follow at once.',
      dialect: 'nodes',
      type: 'nodes.watching',
      payload: () => z.object({ versions: Versions() }),
    }),
    changed: push({
      summary: 'These nodes have new versions. The server collects the changes of a tenth of a second into one push.',
      dialect: 'nodes',
      type: 'nodes.changed',
      payload: () => z.object({ versions: Versions() }),
    }),
  },
} as const satisfies Contract;
