import { closingReason, Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import { sendAction } from './actions.ts';
import { forms } from './channel.ts';
import { branchesContract } from './contract.ts';
import { count, unwatchDevices, watchDevices } from './devices.ts';
import { openExisting } from './open-branch.ts';
import { answerPermission, requestPermission } from './permission-requests.ts';
import { readBranch } from './reading.ts';
import { addUpdates } from './updates.ts';
import { unwatch, watch } from './watching.ts';

/**
 * Branches: shared documents and their watchers. Channel and document handle concurrency; this file translates them to
 * CasualOS's messages.
 */
export const branches = implement('branches', branchesContract, {
  async watch(ports, caller, input) {
    const { recordName, inst, branch } = input;
    const result = { type: 'repo/watch_branch_result', recordName, inst, branch } as const;
    try {
      return (await watch(ports, caller, input)) ? { ...result, success: true } : undefined;
    } catch (thrown) {
      if (!(thrown instanceof Failure) || closingReason(thrown)) throw thrown;
      const { code: errorCode, message: errorMessage, details } = thrown;
      return {
        ...result,
        success: false,
        errorCode,
        errorMessage,
        ...('reason' in details ? { reason: details.reason } : {}),
      };
    }
  },

  unwatch,

  async getUpdates(ports, caller, input) {
    const { recordName, inst, branch } = input;
    const opened = await openExisting(ports, caller, input, { actions: ['read'] });
    const kept = opened ? await readBranch(ports, opened.channel, opened.inst.generation) : [];
    return {
      type: 'repo/add_updates',
      recordName,
      inst,
      branch,
      updates: kept.map(({ update }) => update),
      timestamps: kept.map(({ at }) => at),
    } as const;
  },

  async addUpdates(ports, caller, input) {
    const { recordName, inst, branch, updates, updateId } = input;
    const added = await addUpdates(ports, caller, input, updates);
    const isAnswered = typeof updateId === 'number';
    const received = { type: 'repo/updates_received', recordName, inst, branch } as const;
    if (added.kind === 'full') {
      const sizes = { maxBranchSizeInBytes: added.mostBytes, neededBranchSizeInBytes: added.neededBytes };
      if (isAnswered) return { ...received, updateId, errorCode: 'max_size_reached' as const, ...sizes };
      throw new Failure('max_size_reached', 'The branch has no room for that.', sizes);
    }
    if (!isAnswered) return undefined;
    const isNumbered = added.kind === 'added' && added.form === forms.numbered;
    return { ...received, updateId, ...(isNumbered ? { sequence: added.sequence } : {}) };
  },

  sendAction: (ports, caller, { action, ...branch }) => sendAction(ports, caller, branch, action),
  watchDevices,
  unwatchDevices,

  async countConnections(ports, caller, input) {
    const { recordName, inst, branch } = input;
    const answer = { type: 'repo/connection_count', recordName, inst, branch } as const;
    return { ...answer, count: await count(ports, caller, input) };
  },

  requestPermission: (ports, caller, { reason }) => requestPermission(ports, caller, reason),
  requestPermissionAlias: (ports, caller, { reason }) => requestPermission(ports, caller, reason),
  answerPermission,
});
