import type { Identity } from '../core/caller.ts';
import type { NodeMeta } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse } from './access.ts';
import { gossip, mesh } from './mesh.ts';
import { storageOf } from './storage.ts';

const pageSize = 1_000;
/** Of JSON: well below what a function may answer. */
const mostBytes = 3 * 1024 * 1024;
/** A number that was given longer ago than this has its node by now, or will never have one. */
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
    // A client may know a number that was never given here: of another deployment, or of a region that is behind.
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
 * Numbers are written in no strict order: one may appear after larger ones have. The newest node that is old enough tells
 * up to where none can any more. A later page takes what came before it for settled, and what is written between two pages
 * stands on neither: of several pages the first one tells.
 */
function settledIn(page: readonly NodeMeta[], since: number, now: number): number {
  const old = page.filter(({ updatedAt }) => now - updatedAt > settlesWithinMs);
  return Math.max(since, ...old.map(({ version }) => version));
}
