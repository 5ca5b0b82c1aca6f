import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Written } from '../core/table.ts';
import { readBridge } from './bridging.ts';
import { noteDocument, readMemoryHead } from './head-store.ts';

/**
 * An instance that somebody edits as a document has two forms: its keys, and that document. Whoever changes one of them wants
 * it bridged: the documents function then brings the other one along, one at a time for each instance. What has to be done
 * stands in the table before anybody is asked to do it, so that whoever dies on the way is followed by somebody else: the next
 * who wants it, or a reminder.
 */

/** From here on whoever changes a key notes that the document has to follow. @returns false when the instance is gone */
export const beginDocument = (ports: Ports, instanceId: string): Promise<boolean> => noteDocument(ports, instanceId);

/** Whether the instance has not been erased. */
export const isThere = async (ports: Ports, instanceId: string): Promise<boolean> =>
  !(await readMemoryHead(ports, instanceId)).isErased;

/** What starts the documents function. @param isLate what has been written may not have been told */
export const bridgeJob = (instanceId: string, isLate = false) => ({ job: 'bridge', instanceId, isLate }) as const;

/**
 * Somebody has changed keys or document: one who is at it already looks again before leaving, else somebody is started.
 * @param told the number of what was written into the document, and everybody has been told of
 */
export async function wantBridged(ports: Ports, instanceId: string, told?: number): Promise<void> {
  const wanted = await note(ports, instanceId, told);
  if (wanted.ok && Number(wanted.item?.lease ?? 0) > ports.clock.now()) return;
  try {
    await ports.functions.start('documents', bridgeJob(instanceId));
  } catch (cause) {
    // Whoever streams answers is not told where that function is: the fan-out function starts it.
    if (cause instanceof Failure && cause.code === 'not_configured') return bridgeLater(ports, instanceId);
    ports.log.error('an instance is bridged later', cause, { instanceId });
    await lookAt(ports, instanceId, branded(ports.clock.now() + tryAgainMs));
  }
}

/** A number that is not noted counts as not told: that update is told once more. */
const mostTold = 1_000;

async function note({ table }: Ports, instanceId: string, told: number | undefined): Promise<Written> {
  const where = keys.bridge(instanceId);
  if (told !== undefined) {
    const noted = await table.update(where, ex`ADD wanted ${1}, told ${new Set([String(told)])}`, {
      when: ex`attribute_not_exists(told) OR size(told) < ${mostTold}`,
    });
    if (noted.ok) return noted;
  }
  return table.update(where, ex`ADD wanted ${1}`);
}

const tryAgainMs = 2_000;
/** A look that is this far away comes after whatever a writer is about to do. */
const soonestMs = 30_000;
const latestMs = 60_000;

/** Before the document is written: should its writer die before it is wanted bridged, somebody looks. */
export async function promiseToBridge(ports: Ports, instanceId: string): Promise<void> {
  const now = ports.clock.now();
  const isSeenTo = (lookedAt: unknown) => Number(lookedAt ?? 0) >= now + soonestMs;
  if (isSeenTo((await ports.table.get(keys.bridge(instanceId)))?.lookAt)) return;
  const at = branded<EpochMs>(now + latestMs);
  await lookAt(ports, instanceId, at);
  await ports.table.update(keys.bridge(instanceId), ex`SET lookAt = ${at}`);
}

/** Job of the fan-out function. */
export interface BridgeBody {
  readonly instanceId: string;
}

function lookAt({ reminders }: Ports, instanceId: string, at: EpochMs): Promise<void> {
  return reminders.set({ kind: 'memory-bridge', at, body: { instanceId } satisfies BridgeBody });
}

/** Has the fan-out function start somebody. */
export async function bridgeLater({ fanOut, ids }: Ports, instanceId: string): Promise<void> {
  const body: BridgeBody = { instanceId };
  await fanOut.send([{ kind: 'memory-bridge', group: `memory-bridge:${instanceId}`, id: ids.uuid(), body }]);
}

/** Starts somebody, once nobody is at it; who finds nothing to do does nothing. */
export async function lookAgain(ports: Ports, { instanceId }: BridgeBody): Promise<void> {
  const state = await readBridge(ports, instanceId);
  if (!state) return;
  if (state.lease > ports.clock.now()) await lookAt(ports, instanceId, branded(state.lease + 1));
  else await ports.functions.start('documents', bridgeJob(instanceId, true));
}
