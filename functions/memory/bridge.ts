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
 * An instance that a client edits as a document has two forms: its keys, and that document. A handler that changes one
 * form requests bridging: the documents function then updates the other form, in one job per instance at a time.
 * Handlers record each request in the table before they start a job. So if a handler or a job dies, the next request or
 * a reminder continues the work.
 */

/**
 * Records that the instance has a document. From then on, handlers that change a key record that the document must
 * follow.
 * @returns false when the instance is gone
 */
export const beginDocument = (ports: Ports, instanceId: string): Promise<boolean> => noteDocument(ports, instanceId);

/** Whether the instance has not been erased. */
export const isThere = async (ports: Ports, instanceId: string): Promise<boolean> =>
  !(await readMemoryHead(ports, instanceId)).isErased;

/**
 * The job of the documents function.
 * @param isLate stored updates may be undelivered, because their writer may have died
 */
export const bridgeJob = (instanceId: string, isLate = false) => ({ job: 'bridge', instanceId, isLate }) as const;

/**
 * Requests bridging, after a change of keys or document. A running job checks for new requests before it ends; if none
 * is running, this starts one.
 * @param told the number of an update in the document that was delivered to all clients
 */
export async function wantBridged(ports: Ports, instanceId: string, told?: number): Promise<void> {
  const wanted = await note(ports, instanceId, told);
  if (wanted.ok && Number(wanted.item?.lease ?? 0) > ports.clock.now()) return;
  try {
    await ports.functions.start('documents', bridgeJob(instanceId));
  } catch (cause) {
    // The function that streams answers does not know where the documents function is. The fan-out function does.
    if (cause instanceof Failure && cause.code === 'not_configured') return bridgeLater(ports, instanceId);
    ports.log.error('an instance is bridged later', cause, { instanceId });
    await lookAt(ports, instanceId, branded(ports.clock.now() + tryAgainMs));
  }
}

/**
 * No more numbers than this are recorded. An update without a recorded number counts as undelivered, and is delivered
 * again.
 */
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
/** A check that is this far away comes after everything that a current writer does. */
const soonestMs = 30_000;
const latestMs = 60_000;

/** Called before the document is written: if the writer dies before it requests bridging, a reminder starts a job. */
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

/** Has the fan-out function start a job. */
export async function bridgeLater({ fanOut, ids }: Ports, instanceId: string): Promise<void> {
  const body: BridgeBody = { instanceId };
  await fanOut.send([{ kind: 'memory-bridge', group: `memory-bridge:${instanceId}`, id: ids.uuid(), body }]);
}

/** Starts a job, or checks again after the lease of the running one. A job that finds nothing to do changes nothing. */
export async function lookAgain(ports: Ports, { instanceId }: BridgeBody): Promise<void> {
  const state = await readBridge(ports, instanceId);
  if (!state) return;
  if (state.lease > ports.clock.now()) await lookAt(ports, instanceId, branded(state.lease + 1));
  else await ports.functions.start('documents', bridgeJob(instanceId, true));
}
