import type { Caller } from '../core/caller.ts';
import { implement } from '../core/implement.ts';
import type { DataSpace } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { dataContract } from './contract.ts';
import { erase } from './erase.ts';
import { find } from './find.ts';
import { list } from './list.ts';
import { record } from './record.ts';

/**
 * Values by address, in two spaces. Every read that begins after the answer to a write sees it; of concurrent writes to
 * one address the last one wins. A reader never sees a value together with other markers than its own.
 */
export const data = implement('data', dataContract, {
  recordData: inSpace('data', record),
  getData: inSpace('data', find),
  listData: list,
  eraseData: inSpace('data', erase),
  recordManualData: inSpace('manual', record),
  getManualData: inSpace('manual', find),
  deleteManualData: inSpace('manual', erase),
});

function inSpace<In, Out>(
  space: DataSpace,
  act: (ports: Ports, caller: Caller, space: DataSpace, input: In) => Promise<Out>,
): (ports: Ports, caller: Caller, input: In) => Promise<Out> {
  return (ports, caller, input) => act(ports, caller, space, input);
}
