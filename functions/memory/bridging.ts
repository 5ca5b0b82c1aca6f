import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { Item } from '../core/table.ts';
import { listUnbridged } from './unbridged.ts';

/** How far bridging has come. */
export interface BridgeState {
  /** The epoch of the document's log, to which the numbers belong. */
  readonly epoch: string | undefined;
  /** The keys reflect the document up to this number. */
  readonly reached: number;
  /** A job has begun to change the keys, so that they reflect it up to this number. */
  readonly until: number | undefined;
  /** Whether keys and document have agreed at least once. */
  readonly isReady: boolean;
  /** The Yjs client id under which the server writes into the document. */
  readonly client: number | undefined;
  readonly lease: number;
  /** All updates up to this number were delivered, */
  readonly heard: number;
  /** and these, most of which come after it. */
  readonly told: ReadonlySet<number>;
}

export async function readBridge(
  { table }: Pick<Ports, 'table'>,
  instanceId: string,
): Promise<BridgeState | undefined> {
  const item = await table.get(keys.bridge(instanceId));
  return item && stateOf(item);
}

/** A job that bridges an instance, which no other job does at the same time. */
export interface Bridging extends BridgeState {
  readonly instanceId: string;
  readonly holder: string;
  /** How many requests there had been when this was read. */
  readonly wanted: number;
  /** An earlier job died: its changes may have been stored without being delivered. */
  readonly isTakenOver: boolean;
}

/** The documents function never runs longer. */
const leaseMs = 35_000;

/** @returns undefined when another job is running */
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

/** The progress that a job records. */
export interface BridgeProgress {
  readonly epoch: string | undefined;
  readonly reached: number;
  /** Undefined: the keys reflect all up to `reached`. */
  readonly until?: number;
  readonly client: number | undefined;
  readonly heard: number;
}

/** @throws Error when another job has taken over */
export async function noteProgress(ports: Ports, { instanceId, holder, told }: Bridging, progress: BridgeProgress) {
  const { epoch = null, reached, until = null, client = null, heard } = progress;
  const past = new Set([heard, ...[...told].filter((sequence) => sequence < heard)].map(String));
  const noted = await ports.table.update(
    keys.bridge(instanceId),
    ex`SET epoch = ${epoch}, reached = ${reached}, until = ${until}, client = ${client}, heard = ${heard} DELETE told ${past}`,
    { when: ex`holder = ${holder}` },
  );
  if (!noted.ok) throw new Error(`somebody else bridges ${instanceId} by now`);
}

/**
 * Ends the job, unless bridging was requested again since.
 * @returns undefined when the job has ended, or another one has taken over; else the state to continue with
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

/** Ends the job with work left, which another job continues. */
export async function giveUpBridging(ports: Ports, { instanceId, holder }: Bridging): Promise<void> {
  await ports.table.update(keys.bridge(instanceId), ex`REMOVE lease, holder`, { when: ex`holder = ${holder}` });
}

/** Ends the job after an error. The next job takes over at once, as it would from a job that died. */
export async function failBridging(ports: Ports, { instanceId, holder }: Bridging): Promise<void> {
  await ports.table.update(keys.bridge(instanceId), ex`SET lease = ${0}`, { when: ex`holder = ${holder}` });
}

/** Deletes the bridging state of an instance that is gone. */
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
    heard: Number(item.heard ?? 0),
    told: new Set(item.told instanceof Set ? [...item.told].map(Number) : []),
  };
}
