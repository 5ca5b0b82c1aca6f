import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, unbridgedIn, unbridgedOf } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
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

/** The document has to follow a key; or all of them, which is null. */
export async function unbridge(ports: Ports, instanceId: string, key: string | null): Promise<void> {
  const ttl = Math.ceil((ports.clock.now() + unbridgedKeptMs) / 1000);
  await ports.table.put({ ...keys.unbridged(instanceId, key), mark: ports.ids.uuid(), ttl });
}

/** What was never done by then never will be. */
const unbridgedKeptMs = 30 * 24 * 3_600_000;

/** What the document has yet to follow. */
export interface Unbridged {
  /** Null: all of them. */
  readonly key: string | null;
  /** Another one each time that it is noted. */
  readonly mark: string;
}

export async function listUnbridged({ table }: Pick<Ports, 'table'>, instanceId: string): Promise<Unbridged[]> {
  const items = await table.query({ pk: unbridgedOf(instanceId) });
  return items.map(({ sk, mark }) => ({ key: unbridgedIn(String(sk)) ?? null, mark: String(mark) }));
}

/** It has been followed, unless it has changed again since. */
export async function noteBridged(ports: Ports, instanceId: string, { key, mark }: Unbridged): Promise<void> {
  await ports.table.delete(keys.unbridged(instanceId, key), ex`mark = ${mark}`);
}

/** What starts the documents function. @param isLate what has been written may not have been told */
export const bridgeJob = (instanceId: string, isLate = false) => ({ job: 'bridge', instanceId, isLate }) as const;

/** Somebody has changed keys or document: one who is at it already looks again before leaving, else somebody is started. */
export async function wantBridged(ports: Ports, instanceId: string): Promise<void> {
  const wanted = await ports.table.update(keys.bridge(instanceId), ex`ADD wanted ${1}`);
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

/** How far it has come. */
export interface BridgeState {
  /** Of the document's log, to which the numbers belong. */
  readonly epoch: string | undefined;
  /** The keys have followed the document up to this number. */
  readonly reached: number;
  /** Somebody has begun to have them follow it up to this one. */
  readonly until: number | undefined;
  /** Whether both have been brought together once. */
  readonly isReady: boolean;
  /** The number under which we write into the document, as one of its clients. */
  readonly client: number | undefined;
  readonly lease: number;
}

export async function readBridge(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
): Promise<BridgeState | undefined> {
  const item = await table.get(keys.bridge(instanceId));
  return item && stateOf(item);
}

/** One who brings keys and document together; nobody else does at the same time. */
export interface Bridging extends BridgeState {
  readonly instanceId: string;
  readonly holder: string;
  /** How often it had been wanted when this was read. */
  readonly wanted: number;
  /** Somebody before has died at it: what they did may have been done, and nobody told. */
  readonly isTakenOver: boolean;
}

/** The documents function never runs for longer. */
const leaseMs = 35_000;

/** @returns undefined when somebody is at it already */
export async function beginBridging(ports: Ports, instanceId: string): Promise<Bridging | undefined> {
  const now = ports.clock.now();
  const holder = ports.ids.uuid();
  const taken = await ports.table.update(
    keys.bridge(instanceId),
    ex`SET lease = ${now + leaseMs}, holder = ${holder}`,
    { when: ex`attribute_not_exists(lease) OR lease <= ${now}`, returns: 'old' },
  );
  if (!taken.ok) return undefined;
  const before = taken.item ?? {};
  return bridgingOf(instanceId, holder, before, typeof before.lease === 'number');
}

/** What has come to be, as part of what one who is at it notes. */
export interface BridgeProgress {
  readonly epoch: string | undefined;
  readonly reached: number;
  /** Undefined: the keys have followed. */
  readonly until?: number;
  readonly client: number | undefined;
}

/** @throws Error when somebody else is at it by now */
export async function noteProgress(ports: Ports, { instanceId, holder }: Bridging, progress: BridgeProgress) {
  const { epoch, reached, until, client } = progress;
  const rest = { epoch: epoch ?? null, until: until ?? null, client: client ?? null };
  const noted = await ports.table.update(
    keys.bridge(instanceId),
    ex`SET epoch = ${rest.epoch}, reached = ${reached}, until = ${rest.until}, client = ${rest.client}`,
    { when: ex`holder = ${holder}` },
  );
  if (!noted.ok) throw new Error(`somebody else bridges ${instanceId} by now`);
}

/**
 * Leaves, unless it has been wanted again since.
 * @returns undefined when it is done; what to go on with otherwise
 */
export async function endBridging(ports: Ports, bridging: Bridging): Promise<Bridging | undefined> {
  const { instanceId, holder, wanted } = bridging;
  const done = await ports.table.update(keys.bridge(instanceId), ex`REMOVE lease, holder`, {
    when: ex`holder = ${holder} AND (attribute_not_exists(wanted) OR wanted = ${wanted})`,
  });
  if (done.ok || done.current?.holder !== holder) return undefined;
  const renewed = await ports.table.update(keys.bridge(instanceId), ex`SET lease = ${ports.clock.now() + leaseMs}`, {
    when: ex`holder = ${holder}`,
  });
  return renewed.ok ? bridgingOf(instanceId, holder, renewed.item ?? {}, false) : undefined;
}

/** Leaves with work undone; somebody else goes on with it. */
export async function giveUpBridging(ports: Ports, { instanceId, holder }: Bridging): Promise<void> {
  await ports.table.update(keys.bridge(instanceId), ex`REMOVE lease, holder`, { when: ex`holder = ${holder}` });
}

/** Leaves in trouble: whoever is next takes over from one who has died, at once. */
export async function failBridging(ports: Ports, { instanceId, holder }: Bridging): Promise<void> {
  await ports.table.update(keys.bridge(instanceId), ex`SET lease = ${0}`, { when: ex`holder = ${holder}` });
}

/** Of an instance that is gone. */
export async function dropBridge(ports: Ports, instanceId: string): Promise<void> {
  for (const { key } of await listUnbridged(ports, instanceId))
    await ports.table.delete(keys.unbridged(instanceId, key));
  await ports.table.delete(keys.bridge(instanceId));
}

function bridgingOf(instanceId: string, holder: string, item: Item, isTakenOver: boolean): Bridging {
  return { ...stateOf(item), instanceId, holder, wanted: Number(item.wanted ?? 0), isTakenOver };
}

function stateOf(item: Item): BridgeState {
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return {
    epoch: typeof item.epoch === 'string' ? item.epoch : undefined,
    reached: Number(item.reached ?? 0),
    until: number(item.until),
    isReady: item.reached !== undefined,
    client: number(item.client),
    lease: Number(item.lease ?? 0),
  };
}
