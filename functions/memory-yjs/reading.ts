import { differenceTo, type StateVector } from '../../client/update-difference.ts';
import { writeSyncMessage } from '../../client/yjs-message.ts';
import type { YjsUpdate } from '../../client/yjs-update.ts';
import { readForWatcher } from '../branches/reading.ts';
import type { SocketCaller } from '../core/caller.ts';
import { catchUp } from '../core/channel/join.ts';
import { entriesOf, type Kept, readKept } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import type { Ports } from '../core/ports.ts';
import { readable } from '../documents/readable.ts';
import { documentForm } from '../memory/channel.ts';
import { bodyIn, documentChannel, documentOf } from '../memory/document.ts';
import { updateFrames } from '../yjs/frames.ts';
import { together } from '../yjs/together.ts';

/** Reads an instance's document as updates, without Yjs. */

/** The whole document as one update. */
export async function readWhole(ports: Ports, instanceId: string): Promise<YjsUpdate> {
  const channel = documentOf(instanceId);
  const head = await readHead(ports, channel);
  return wholeOf(head?.of === instanceId ? await readKept(ports, channel, head) : undefined);
}

function wholeOf(kept: Kept | undefined): YjsUpdate {
  const texts = new Set(kept ? entriesOf(kept).flatMap(({ body }) => bodyIn(body).updates) : []);
  return together([...texts].flatMap((text) => readable(text)?.update ?? []));
}

/**
 * Sends a connection what it lacks, and nothing else. The connection listens already, so the writers of later updates
 * deliver these. Updates that are just being written are awaited, here or by the fan-out function.
 */
export async function tellLacking(
  ports: Ports,
  { connection }: SocketCaller,
  instanceId: string,
  known: StateVector,
): Promise<void> {
  const channel = documentOf(instanceId);
  const head = await readHead(ports, channel);
  const kept = head?.of === instanceId ? await readForWatcher(ports, channel, head, undefined) : undefined;
  const lacking = differenceTo(known, wholeOf(kept)) ?? { structs: [], deletions: [] };
  for (const frame of await updateFrames(ports, lacking, 'step2', writeSyncMessage)) {
    const { gone } = await ports.gateway.post([connection.id], frame);
    if (gone.length > 0) return;
  }
  if (!head || !kept) return;
  const rest = { channel, connection: connection.id, after: kept.reached, to: head.sequence, form: documentForm };
  await catchUp(ports, documentChannel, rest, kept.head);
}
