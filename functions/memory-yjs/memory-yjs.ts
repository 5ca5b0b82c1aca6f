import { readSyncMessage } from '../../client/yjs-message.ts';
import { newUpload } from '../connections/big-messages.ts';
import type { SocketCaller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { instanceOn } from '../memory/path.ts';
import { isAtLeast } from '../projects/level.ts';
import { openInstance, requireLevel } from '../projects/reach.ts';
import { type Asked, askedIn } from '../yjs/asked.ts';
import { memoryYjsContract } from './contract.ts';
import { join } from './joining.ts';
import { tellLacking } from './reading.ts';
import { add, addLacking } from './writing.ts';

/** Instances as documents. Each message is authorized anew. */
export const memoryYjs = implement('memoryYjs', memoryYjsContract, {
  async exchange(ports, caller, { data, id }) {
    const asked = askedIn(data, readSyncMessage);
    if (asked) await answer(ports, caller, asked, id !== undefined);
    else if (id !== undefined) throw new Failure('malformed_message', 'This is no sync message of the Yjs protocols.');
    const isUpdate = asked?.kind === 'update' || asked?.kind === 'step2';
    return isUpdate && id !== undefined ? ({ type: 'saved', id } as const) : undefined;
  },

  async upload(ports, caller, { id }) {
    await openInstance(ports, caller, instanceOn(caller.connection), 'write');
    return { type: 'upload', id, url: newUpload(ports) } as const;
  },
});

/** @param isAwaited the sender asked for an answer, also to a refused update */
async function answer(ports: Ports, caller: SocketCaller, asked: Asked, isAwaited: boolean): Promise<void> {
  const instanceId = instanceOn(caller.connection);
  const { instance, level } = await openInstance(ports, caller, instanceId, 'read');
  await join(ports, caller, instanceId);
  if (asked.kind === 'step1') return tellLacking(ports, caller, instanceId, asked.known);
  if (asked.kind !== 'step2' && asked.kind !== 'update') return;
  if (isAwaited) requireLevel(level, 'write');
  else if (!isAtLeast(level, 'write') || instance.isReadOnly) return;
  return asked.kind === 'step2'
    ? addLacking(ports, caller, instance, asked.update)
    : add(ports, caller, instance, asked.update);
}
