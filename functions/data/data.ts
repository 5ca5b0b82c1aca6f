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
 * Values by address, in two spaces. What is written is there for every read that begins after the answer; of writes to one
 * address at the same time the last one stays. A reader never sees a value under markers that it does not bear.
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
