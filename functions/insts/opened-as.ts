import type { Features } from '../core/limits.ts';
import type { Inst } from './inst-store.ts';
import type { OpenInst } from './open-inst.ts';

/** What of a row is the business of whoever has opened it, and what the owner's subscription allows there. */
export function openedAs(inst: Inst, limits: Features['insts'] = {}): OpenInst {
  const { isLeaving: _, ...rest } = inst;
  return { ...rest, maxBranchBytes: limits.maxBytesPerInst, maxConnections: limits.maxActiveConnectionsPerInst };
}
