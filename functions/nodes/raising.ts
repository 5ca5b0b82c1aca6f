import { together } from '../core/concurrently.ts';
import type { NodeChange, NodeMeta } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { ring } from '../doorbell/ring.ts';
import { noteAtWork } from './peer-store.ts';
import { storageOf } from './storage.ts';

/**
 * The thing behind a node has changed. For capabilities of this backend as for its clients: whoever has changed something
 * calls this after it, so that nobody is told before it can be fetched.
 * @param hash of the new state, or anything that is another text for every state
 * @returns the node; where others raise it at once, it may have a later version by now
 */
export async function updateNode(ports: Ports, key: string, hash: string, payload?: unknown): Promise<NodeMeta> {
  const node = await storageOf(ports).incrementVersion(key, hash, payload);
  await announce(ports, [key], node.version);
  return node;
}

/** The same for several, which may be numbered together. */
export async function updateNodes(ports: Ports, changes: readonly NodeChange[]): Promise<readonly NodeMeta[]> {
  const nodes = await storageOf(ports).incrementVersions(changes);
  const keys = changes.map(({ key }) => key);
  await announce(ports, keys, Math.max(0, ...nodes.map(({ version }) => version)));
  return nodes;
}

/** There is no such thing any more. @returns whether there was a node */
export async function deleteNode(ports: Ports, key: string): Promise<boolean> {
  const storage = storageOf(ports);
  if (!(await storage.deleteNode(key))) return false;
  await announce(ports, [key], await storage.getMaxVersion());
  return true;
}

/** Doorbell and mesh only make things faster: whoever asks finds the change without them, so that they cannot fail it. */
async function announce(ports: Ports, keys: readonly string[], maxVersion: number): Promise<void> {
  try {
    await together([ring(ports, keys), noteAtWork(ports, maxVersion)]);
  } catch (cause) {
    ports.log.error('a change of nodes could not be announced', cause, { nodes: keys.length });
  }
}
