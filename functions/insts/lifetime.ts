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
 * How long public insts live. In mode `NX` the lifetime counts from the first update; otherwise every update extends
 * it. For an inst without updates it counts from its creation.
 */

/** The end of an inst that is created or updated now; null: never. */
export function endOf({ publicInsts }: Pick<Settings, 'publicInsts'>, now: EpochMs): EpochMs | null {
  return publicInsts ? branded<EpochMs>(now + publicInsts.lifetimeSeconds * 1000) : null;
}

/** The least extension, as a part of the lifetime. */
const smallestPart = 1 / 50;

type Ending = Pick<Inst, 'expiresAt' | 'updated'>;

/** Cached ends by generation, so that a burst of updates writes only once. */
const endings = keptByTable<Ending>(2_000);

/**
 * Must be called with each update, before it is stored. Writes rarely.
 * @returns false when the inst was deleted meanwhile: open it again
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
