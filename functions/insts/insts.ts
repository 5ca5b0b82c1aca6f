import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import { openRecord } from '../records/open-record.ts';
import { instsContract } from './contract.ts';
import { authorizeAll } from './in-record.ts';
import { beginLeaving, readInst } from './inst-store.ts';
import { finishLeaving } from './leaving.ts';
import { list } from './list.ts';

/**
 * Insts of records, for their owners. A new inst with the name of a deleted one contains nothing of it; the old
 * branches are erased in the background.
 */
export const insts = implement('insts', instsContract, {
  listInsts: list,

  async deleteInst(ports, caller, { recordName, recordKey, inst: name }) {
    const opened = await openRecord(ports, caller, recordKey ?? recordName ?? '');
    const inst = await readInst(ports, { recordName: opened.record.name, inst: name });
    if (!inst) return {};
    await authorizeAll(ports, opened, inst, ['delete']);
    if (await beginLeaving(ports, inst)) await finishLeaving(ports, inst);
    return {};
  },

  async getPublicInstOptions({ settings: { publicInsts } }) {
    if (publicInsts === false) throw new Failure('not_supported', 'There are no public insts here.');
    return publicInsts ?? { lifetimeSeconds: null, expireMode: null };
  },
});
