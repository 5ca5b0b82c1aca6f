import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { watchedAmong } from './watcher-store.ts';

/** Watchers are to be told; job of the fan-out function. */
export interface BellBody {
  /** Whose turn it is: a time and what tells it from others of that time. */
  readonly turn: string;
  /** When. */
  readonly at: number;
}

/** A turn that is so late has been lost with its job: the next change takes another. */
const overdueMs = 3_000;
const bellLivesMs = 24 * 3_600_000;

/**
 * These nodes have changed: whoever watches them is told soon. All changes of the deployment wait in one place for the next
 * turn, so that every client hears once of all that it watches; the first to put something there sees to the turn.
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

/** @returns false while the turn before may still come */
async function takeOver({ connections, clock }: Ports, pending: string, turn: string): Promise<boolean> {
  if (Number.parseInt(pending, 10) > clock.now() - overdueMs) return false;
  return (await connections.update(keys.bell(), ex`SET pending = ${turn}`, { when: ex`pending = ${pending}` })).ok;
}
