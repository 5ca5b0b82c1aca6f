import type { Contract } from '../core/contract.ts';
import { protocol } from '../protocol.ts';
import type { Elsewhere } from './asked.ts';

const contracts: readonly Contract[] = Object.values(protocol);

/** Every operation in a function of its own. Calls by name arrive in this function nevertheless. */
export const elsewhere: readonly Elsewhere[] = contracts
  .flatMap(({ operations }) => Object.values(operations))
  .flatMap((operation) => (operation.runsIn === undefined ? [] : [{ operation, runsIn: operation.runsIn }]));
