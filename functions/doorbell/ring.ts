import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { watchedAmong } from './watcher-store.ts';

/** Job of the fan-out function: push changes to watchers. */
export interface BellBody {
  /** The turn's name: a time and a unique part. */
  readonly turn: string;
  /** When. */
  readonly at: number;
}

/** A turn that is so late was lost with its job, so the next change starts another. */
const overdueMs = 3_000;
const bellLivesMs = 24 * 3_600_000;

/**
 * Announces changed nodes to their watchers. All changes of the deployment are collected in one item for the next turn,
 * so that a client gets one push with all its nodes. The first change in an empty item starts the turn.
 */
export async function ring(ports: Ports, nodes: readonly string[]): Promise<void> {
  const watched = await watchedAmong(ports, nodes);
  if (watched.length === 0) return;
  const { connections, clock, ids } = ports;
  const now = clock.now();
  const turn = `${now}:${ids.uuid()}`;
  const ttl = Math.ceil((now + bellLivesMs) / 1_000);
  const put = await connections.update(
    keys.bell(),
    ex`SET pending = if_not_exists(pending, ${turn}), ttl = ${ttl} ADD changed ${new Set(watched)}`,
  );
  const { pending = turn, until = 0 } = put.ok ? (put.item ?? {}) : {};
  if (pending !== turn && !(await takeOver(ports, String(pending), turn))) return;
  const body: BellBody = { turn, at: Math.max(now, Number(until)) };
  await ports.fanOut.send([{ kind: 'nodes-changed', group: 'nodes-changed', id: turn, body }]);
}

/** @returns false while the previous turn may still run */
async function takeOver({ connections, clock }: Ports, pending: string, turn: string): Promise<boolean> {
  if (Number.parseInt(pending, 10) > clock.now() - overdueMs) return false;
  return (await connections.update(keys.bell(), ex`SET pending = ${turn}`, { when: ex`pending = ${pending}` })).ok;
}
