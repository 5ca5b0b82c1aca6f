import { stateVectorOf } from '../../client/update-difference.ts';
import { readUpdate } from '../../client/yjs-update.ts';
import { updatesOf } from '../branches/reading.ts';
import { append, deliver } from '../branches/updates.ts';
import { base64 } from '../core/base64.ts';
import { isDue } from '../core/channel/compaction.ts';
import { bytesOf } from '../core/channel/frames.ts';
import { entriesOf } from '../core/channel/kept.ts';
import { nobody } from '../core/channel/log.ts';
import { Failure } from '../core/errors.ts';
import type { Ids, Ports } from '../core/ports.ts';
import { compactBranch } from './compaction.ts';
import type { OpenDocument } from './open-document.ts';
import { readableOnes } from './readable.ts';
import { revertingUpdate } from './revert.ts';
import { documentAt } from './versions.ts';

/**
 * Undoes all changes of a branch after a version, and broadcasts that to its watchers. Concurrent changes stay.
 * @returns the version that the branch has now
 * @throws Failure `not_found`, `max_size_reached`; `conflict` when the inst was deleted meanwhile
 */
export async function restore(ports: Ports, document: OpenDocument | undefined, version: number): Promise<number> {
  const { updates: then } = await documentAt(ports, document, version);
  if (!document?.kept) throw new Failure('not_found', 'There is nothing to restore.');
  const { channel, inst, kept } = document;
  const now = entriesOf(kept).flatMap(({ body }) => updatesOf(body));
  const reverting = revertingUpdate(now, then, newClient(ports.ids, now));
  if (!reverting) return kept.reached;

  const author = { from: nobody, request: ports.ids.uuid() };
  const wrote = await append(ports, channel, inst, author, [base64(reverting)]);
  if (wrote.kind === 'full') {
    throw new Failure('max_size_reached', 'The branch has no room for undoing what came since.', {
      maxBranchSizeInBytes: inst.maxBranchBytes ?? 0,
      neededBranchSizeInBytes: wrote.neededBytes,
    });
  }
  if (wrote.kind !== 'written') throw new Failure('conflict', 'The inst has gone meanwhile.');
  await deliver(ports, channel, wrote);
  if (isDue(wrote.head, bytesOf(wrote.entry.body))) await compactBranch(ports, { channel });
  return wrote.entry.sequence;
}

/** The range of Yjs's client ids. */
const clients = 2 ** 32;

function newClient(ids: Ids, updates: readonly string[]): number {
  const known = stateVectorOf(readableOnes(updates).map(readUpdate));
  let client = ids.integer(clients);
  while (known.has(client)) client = ids.integer(clients);
  return client;
}
