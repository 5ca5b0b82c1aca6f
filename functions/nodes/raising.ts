import { together } from '../core/concurrently.ts';
import type { NodeChange, NodeMeta } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { ring } from '../doorbell/ring.ts';
import { noteAtWork } from './peer-store.ts';
import { storageOf } from './storage.ts';

/**
 * Raises a node because the thing behind it has changed. Capabilities and clients call this after the change, so that
 * clients are not told before they can fetch it.
 * @param hash of the new state, or anything that is another text for every state
 * @returns the node; with concurrent changes it may already have a later version
 */
export async function updateNode(ports: Ports, key: string, hash: string, payload?: unknown): Promise<NodeMeta> {
  const node = await storageOf(ports).incrementVersion(key, hash, payload);
  await announce(ports, [key], node.version);
  return node;
}

/** The same for several nodes, which may get their versions together. */
export async function updateNodes(ports: Ports, changes: readonly NodeChange[]): Promise<readonly NodeMeta[]> {
  const nodes = await storageOf(ports).incrementVersions(changes);
  const keys = changes.map(({ key }) => key);
  await announce(ports, keys, Math.max(0, ...nodes.map(({ version }) => version)));
  return nodes;
}

/** Deletes a node because the thing behind it is gone. @returns whether it existed */
export async function deleteNode(ports: Ports, key: string): Promise<boolean> {
  const storage = storageOf(ports);
  if (!(await storage.deleteNode(key))) return false;
  await announce(ports, [key], await storage.getMaxVersion());
  return true;
}

/** Rings the doorbell and tells the mesh. Clients find the change without them, so their failures are only logged. */
async function announce(ports: Ports, keys: readonly string[], maxVersion: number): Promise<void> {
  try {
    await together([ring(ports, keys), noteAtWork(ports, maxVersion)]);
  } catch (cause) {
    ports.log.error('a change of nodes could not be announced', cause, { nodes: keys.length });
  }
}
