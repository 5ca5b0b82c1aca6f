import type { NodeMeta, NodesSeen } from '../core/node-storage.ts';

/** The versions that a client knows, by key; 0 for none. */
export type Known = Readonly<Record<string, number>>;

/** A changed node as clients receive it; version 0 and an empty hash if it no longer exists. */
export interface Difference extends NodeMeta {
  /** The answering server. */
  readonly source: string;
}

/**
 * The nodes whose version differs from the client's, by key. It tests for "different", not for "newer": a client with a
 * larger version has it from a region ahead of ours, or from before a reset, and takes over ours.
 */
export function differences(
  known: Known,
  { nodes }: Pick<NodesSeen, 'nodes'>,
  told: { readonly source: string; readonly now: number },
): readonly (readonly [key: string, Difference])[] {
  return Object.entries(known).flatMap(([key, version]): [string, Difference][] => {
    const node = nodes.get(key);
    if (node) return node.version === version ? [] : [[key, { ...node, source: told.source }]];
    return version === 0 ? [] : [[key, { key, version: 0, hash: '', updatedAt: told.now, source: told.source }]];
  });
}
