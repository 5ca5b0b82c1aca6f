import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';
import { mostKeys, NodeKey } from '../nodes/contract.ts';

/**
 * The doorbell of nodes, on any socket whose path names no protocol: who watches nodes is told their versions when they
 * change. What a client has missed it finds by asking for the nodes; the doorbell only makes it faster.
 */

/** Kept as they are, key for key. */
const Versions = () =>
  z
    .custom<Readonly<Record<string, number>>>()
    .check(z.meta({ type: 'object', description: 'Versions by key; 0: there is no such node.' }));

export const doorbellContract = {
  operations: {
    watch: operation({
      summary: 'Watch these nodes instead of those before; an empty list ends it.',
      access: { caller: { anonymousIn: 'nodes' }, scope: 'read' },
      errors: ['not_logged_in'],
      input: () => z.object({ keys: z.array(NodeKey()).check(z.maxLength(mostKeys)) }),
      output: () => z.void(),
      socket: { dialect: 'nodes', type: 'nodes.watch', reply: 'nodes.watching', ordered: true },
    }),
  },
  pushes: {
    watching: push({
      summary: 'From here on changes of these nodes are told. Where not all versions fit, the others follow at once.',
      dialect: 'nodes',
      type: 'nodes.watching',
      payload: () => z.object({ versions: Versions() }),
    }),
    changed: push({
      summary: 'These nodes have other versions now. All changes of a tenth of a second come together.',
      dialect: 'nodes',
      type: 'nodes.changed',
      payload: () => z.object({ versions: Versions() }),
    }),
  },
} as const satisfies Contract;
