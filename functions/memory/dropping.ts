import type { Ports } from '../core/ports.ts';
import { countLess, readMemoryHead } from './head-store.ts';
import { dropRow, queryOutlines, readDoomed } from './row-store.ts';

/** Job of the fan-out function: deletes rows that were cleared, or all rows of an erased instance. */
export interface DropKeysBody {
  readonly instanceId: string;
}

export async function dropLater({ fanOut }: Ports, instanceId: string, id: string): Promise<void> {
  const body: DropKeysBody = { instanceId };
  await fanOut.send([{ kind: 'memory-drop', group: `memory-drop:${instanceId}`, id, body }]);
}

const atOnce = 25;

/**
 * Deletes the rows that were cleared, or all of an erased instance. Several jobs may do so at once, and stop anywhere.
 */
export async function dropKeys(ports: Ports, { instanceId }: DropKeysBody): Promise<void> {
  const head = await readMemoryHead(ports, instanceId);
  const upTo = head.isErased ? Number.POSITIVE_INFINITY : head.cleared;
  const rows = (await queryOutlines(ports, instanceId)).filter(({ version }) => version <= upTo);
  for (let at = 0; at < rows.length; at += atOnce) {
    const part = rows.slice(at, at + atOnce).map(({ key }) => key);
    await dropThose(ports, instanceId, part, upTo);
  }
}

async function dropThose(ports: Ports, instanceId: string, names: readonly string[], upTo: number): Promise<void> {
  const rows = (await readDoomed(ports, instanceId, names)).filter(({ version }) => version <= upTo);
  const dropped = await Promise.all(
    rows.map(async (row) => ((await dropRow(ports, instanceId, row)) ? row : undefined)),
  );
  const counted = dropped.flatMap((row) => (row && !row.isDeleted ? row : []));
  const bytes = counted.reduce((sum, { valueBytes }) => sum + valueBytes, 0);
  await countLess(ports, instanceId, { keys: counted.length, bytes });
}
