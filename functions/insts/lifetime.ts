import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';
import type { Inst } from './inst-store.ts';
import { putOff } from './inst-store.ts';
import { keptByTable } from './kept.ts';
import { noteGone } from './kept-decisions.ts';
import type { OpenInst } from './open-inst.ts';

/**
 * How long public insts live. In mode `NX` the first update says when one ends, else every update puts that off; one that is
 * never updated ends as if it had been when it was made.
 */

/** Whether it is over for one that begins, or is updated, now; null: never. */
export function endOf({ publicInsts }: Pick<Settings, 'publicInsts'>, now: EpochMs): EpochMs | null {
  return publicInsts ? branded<EpochMs>(now + publicInsts.lifetimeSeconds * 1000) : null;
}

/** Of a lifetime: an end is not put off by less. */
const smallestPart = 1 / 50;

type Ending = Pick<Inst, 'expiresAt' | 'updated'>;

/** By generation, as this process knows: a burst of updates writes it once. */
const endings = keptByTable<Ending>(2_000);

/**
 * To be called with each update, before that is kept. Writes seldom.
 * @returns false when the inst has gone meanwhile: open it again
 */
export async function keepInst(ports: Ports, inst: OpenInst): Promise<boolean> {
  const { publicInsts } = ports.settings;
  if (inst.recordName !== null || !publicInsts) return true;
  const known = endings.get(ports.table, inst.generation) ?? inst;
  const isFirstOnly = publicInsts.expireMode === 'NX';
  const end = endOf(ports.settings, ports.clock.now());
  if (end === null || (known.updated && (isFirstOnly || isNear(known, end, publicInsts.lifetimeSeconds)))) return true;
  const row = await putOff(ports, inst, end, isFirstOnly);
  if (row) endings.set(ports.table, inst.generation, row);
  else noteGone(ports, inst);
  return row !== undefined;
}

function isNear({ expiresAt }: Ending, end: EpochMs, lifetimeSeconds: number): boolean {
  return expiresAt !== null && end - expiresAt < lifetimeSeconds * 1000 * smallestPart;
}
