import type { SocketCaller } from '../core/caller.ts';
import { changeState, enter, findMember } from '../core/channel/members.ts';
import { hasAnswered, implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse } from '../nodes/access.ts';
import { storageOf } from '../nodes/storage.ts';
import { channelOf, textOf, type Watched, watchedIn } from './channel.ts';
import { doorbellContract } from './contract.ts';
import { framesOf, type Versions } from './frames.ts';
import { unwatch, watch } from './watcher-store.ts';

/** Watching nodes. A client becomes a watcher before it gets their versions, so that it misses no later change. */
export const doorbell = implement('doorbell', doorbellContract, {
  async watch(ports, caller, { keys }) {
    const wanted = [...new Set(keys)];
    const readable = wanted.filter((key) => mayUse(ports, caller.identity, key));
    if (!(await watchInstead(ports, caller, readable))) return hasAnswered;
    const nodes = await storageOf(ports).getNodes(readable);
    const versions: Versions = wanted.map((key) => [key, nodes.get(key)?.version ?? 0]);
    const [first = [], ...others] = framesOf(versions);
    await ports.gateway.post([caller.connection.id], frame('nodes.watching', first));
    for (const part of others) await ports.gateway.post([caller.connection.id], frame('nodes.changed', part));
    return hasAnswered;
  },
});

export const frame = (type: 'nodes.watching' | 'nodes.changed', versions: Versions): string =>
  JSON.stringify({ type, versions: Object.fromEntries(versions) });

/**
 * Nodes are listed before their watcher rows are written, and removed from the list after the rows are deleted. So a
 * killed process leaves no row that cannot be found, and a repeated delivery of the frame finishes the work.
 * @returns false when the connection is gone, or has sent another list since
 */
async function watchInstead(ports: Ports, caller: SocketCaller, wanted: readonly string[]): Promise<boolean> {
  const { id, expiresAt } = caller.connection;
  const member = await findMember(ports, channelOf(id), id);
  const before = member ? watchedIn(member.state) : { keys: [], settled: true };
  const listed = new Set(before.settled ? before.keys : []);
  const added = wanted.filter((key) => !listed.has(key));
  const stays = new Set(wanted);
  const ended = before.keys.filter((key) => !stays.has(key));
  if (added.length + ended.length === 0) return true;
  const all = { keys: [...new Set([...before.keys, ...wanted])], settled: false };
  if (!(await note(ports, caller, all, member !== undefined))) return false;
  await watch(ports, id, added, expiresAt);
  await unwatch(ports, id, ended);
  return note(ports, caller, { keys: wanted, settled: true }, true);
}

async function note(ports: Ports, caller: SocketCaller, watched: Watched, isMember: boolean): Promise<boolean> {
  const { id, expiresAt } = caller.connection;
  const { at, place, requestId } = caller.frame;
  const channel = channelOf(id);
  const state = textOf(watched);
  if (isMember) return (await changeState(ports, channel, id, state, place)) !== undefined;
  const entrant = {
    connectionId: id,
    at,
    place,
    request: requestId,
    expiresAt,
    about: 'null',
    form: '',
    from: 0,
    state,
  };
  return enter(ports, channel, entrant);
}
