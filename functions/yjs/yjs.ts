import type { SocketCaller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { type Asked, askedIn } from './asked.ts';
import { show, tellShown } from './awareness.ts';
import { yjsContract } from './contract.ts';
import { branchAt } from './path.ts';
import { openToRead, tellNews } from './reading.ts';
import { add, addLacking } from './writing.ts';

/** Branches for Yjs's own tools. A socket belongs to one branch, and all its frames concern that. */
export const yjs = implement('yjs', yjsContract, {
  async exchange(ports, caller, { data, id }) {
    const asked = askedIn(data);
    const isUpdate = asked?.kind === 'update' || asked?.kind === 'step2';
    if (asked) await answer(ports, caller, asked);
    else if (id !== undefined) throw new Failure('malformed_message', 'This is no message of the Yjs protocols.');
    return isUpdate && id !== undefined ? ({ type: 'saved', id } as const) : undefined;
  },
});

async function answer(ports: Ports, caller: SocketCaller, asked: Asked): Promise<void> {
  const branch = branchAt(caller.connection.path);
  if (asked.kind === 'update') return add(ports, caller, branch, asked.update);
  const opened = await openToRead(ports, caller, branch);
  if (asked.kind === 'step2') return addLacking(ports, caller, branch, opened, asked.update);
  if (!opened) return;
  switch (asked.kind) {
    case 'step1':
      return tellNews(ports, caller, opened, asked.known);
    case 'awareness':
      return show(ports, caller, opened.channel, asked.states);
    case 'query':
      return tellShown(ports, caller.connection, opened.channel);
  }
}
