import type { Identity } from '../core/caller.ts';
import type { NodeMeta } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse } from './access.ts';
import { gossip, mesh } from './mesh.ts';
import { storageOf } from './storage.ts';

const pageSize = 1_000;
/** Limit of the JSON, well below that of a function's answer. */
const mostBytes = 3 * 1024 * 1024;
/** A number taken longer ago than this has its node, or will never have one. */
const settlesWithinMs = 5_000;

/** Nodes that have changed since a version, in the order in which they did. */
export async function listVersions(ports: Ports, identity: Identity | undefined, since: number) {
  const storage = storageOf(ports);
  const [found, maxVersion, peers] = await Promise.all([
    storage.listChangedSince(since, pageSize + 1),
    storage.getMaxVersion(),
    mesh(ports),
  ]);
  const page = fitting(found.slice(0, pageSize));
  const last = page.at(-1)?.version ?? 0;
  const highest = Math.max(maxVersion, last);
  const shown = page.filter(({ key }) => mayUse(ports, identity, key));
  return {
    ...gossip(ports, peers, highest),
    changed: shown.map(changeOf),
    ...(found.length > page.length ? { next: last } : {}),
    // A client may send a number that was never assigned here: from another deployment, or a region that is behind.
    settled: settledIn(page, Math.min(since, highest), ports.clock.now()),
  };
}

const changeOf = ({ key, version, hash }: NodeMeta) => ({ key, version, hash });

/** As many as fit an answer, and one at least. */
function fitting(found: readonly NodeMeta[]): readonly NodeMeta[] {
  let bytes = 0;
  const end = found.findIndex((node) => {
    bytes += Buffer.byteLength(JSON.stringify(changeOf(node)));
    return bytes > mostBytes;
  });
  return end === -1 ? found : found.slice(0, Math.max(1, end));
}

/**
 * Versions are not written in strict order: one may appear after larger ones. Up to the version of the newest node that
 * is old enough, no further one can appear. A later page assumes that everything before it is settled, and a node
 * written between two pages is on neither. So clients must use the value of the first page.
 */
function settledIn(page: readonly NodeMeta[], since: number, now: number): number {
  const old = page.filter(({ updatedAt }) => now - updatedAt > settlesWithinMs);
  return Math.max(since, ...old.map(({ version }) => version));
}
