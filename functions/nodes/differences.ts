import type { NodeMeta, NodesSeen } from '../core/node-storage.ts';

/** What a client knows of nodes: versions by key, 0 for nothing. */
export type Known = Readonly<Record<string, number>>;

/** A node as clients are told of it; version 0 and no hash where there is none any more. */
export interface Difference extends NodeMeta {
  /** The server that tells. */
  readonly source: string;
}

/**
 * Which nodes are not as a client knows them, by key. "Not as" and not "newer": who knows more than we do has it from a
 * region ahead of ours, or from before a reset, and takes over what we have.
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
