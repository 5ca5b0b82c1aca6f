import { messageFrame } from '../core/big-frame.ts';
import type { SocketCaller } from '../core/caller.ts';
import { post } from '../core/channel/delivery.ts';
import { readHead } from '../core/channel/log.ts';
import type { Listener } from '../core/channel/members.ts';
import { listListeners } from '../core/channel/members.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Ids, Ports } from '../core/ports.ts';
import { type BranchAddress, branchKind, channelOf, temporaryKind } from './address.ts';
import { speaksCasualos, specFor } from './channel.ts';
import { openExisting } from './open-branch.ts';
import { stillAllowed } from './still-allowed.ts';
import { type Watcher, watcherIn, watcherOf } from './watchers.ts';

/** Selects the recipients of an action. */
interface Selector {
  readonly connectionId?: string | null | undefined;
  readonly sessionId?: string | null | undefined;
  readonly userId?: string | null | undefined;
  readonly broadcast?: boolean | null | undefined;
}

type TaskId = string | number | null | undefined;

/** What a client sends. */
export type RemoteAction = Selector & { readonly taskId?: TaskId } & (
    | { readonly type: 'remote'; readonly event: unknown }
    | { readonly type: 'remote_result'; readonly result?: unknown }
    | { readonly type: 'remote_error'; readonly error: unknown }
  );

/**
 * Sends an action to watchers of a branch, both of the permanent and of the temporary one. It is neither stored nor
 * acknowledged.
 */
export async function sendAction(
  ports: Ports,
  caller: SocketCaller,
  branch: BranchAddress,
  action: RemoteAction,
): Promise<void> {
  const opened = await openExisting(ports, caller, branch, { actions: ['read', 'sendAction'] });
  if (!opened) return;
  const { address } = opened;
  const spaces = await Promise.all([branchKind, temporaryKind].map((kind) => watchersIn(ports, address, kind)));
  // A connection that watches both counts once.
  const found = new Map(
    spaces.flatMap((space) => space.watchers.map((watcher) => [watcher.connectionId, { watcher, space }] as const)),
  );
  const watchers = [...found.values()].map(({ watcher }) => watcher);
  const to = chosen(watchers, action, ports.ids);
  if (to.length === 0) return;
  const message = { type: 'repo/receive_action', ...address, action: received(action, watcherOf(caller)) };
  const frame = await messageFrame(ports, JSON.stringify(message));
  for (const space of spaces) {
    const { channel, wide } = space;
    const here = to.filter((id) => found.get(id)?.space === space);
    const id = `action:${caller.frame.requestId}:${channel}`;
    await post(ports, specFor(channel), channel, here, frame, { wide, id });
  }
}

async function watchersIn(ports: Ports, address: BranchAddress, kind: string) {
  const channel = channelOf(address, kind);
  const head = await readHead(ports, channel);
  const listeners = head ? await listListeners(ports, channel, head) : [];
  const speaking = listeners.filter(({ form }) => speaksCasualos(form));
  return { channel, watchers: await stillAllowed(ports, channel, speaking), wide: head?.wide ?? false };
}

/** All watchers, those that one of the given ids selects, or, without a selector, one at random. */
function chosen(watchers: readonly Listener[], selector: Selector, ids: Ids): ConnectionId[] {
  const { broadcast, connectionId, sessionId, userId } = selector;
  if (broadcast) return watchers.map((one) => one.connectionId);
  const isGiven = (value: unknown): boolean => value !== undefined && value !== null;
  if ([connectionId, sessionId, userId].some(isGiven)) {
    const isMeant = (watcher: Watcher): boolean =>
      (isGiven(connectionId) && watcher.connectionId === connectionId) ||
      (isGiven(sessionId) && watcher.sessionId === sessionId) ||
      (isGiven(userId) && watcher.userId === userId);
    return watchers.filter((one) => isMeant(watcherIn(one))).map((one) => one.connectionId);
  }
  if (broadcast === false || watchers.length === 0) return [];
  const lot = watchers[ids.integer(watchers.length)];
  return lot ? [lot.connectionId] : [];
}

function received(action: RemoteAction, connection: Watcher) {
  const { taskId } = action;
  switch (action.type) {
    case 'remote':
      return { type: 'device', connection, event: action.event, taskId };
    case 'remote_result':
      return { type: 'device_result', connection, result: action.result, taskId };
    case 'remote_error':
      return { type: 'device_error', connection, error: action.error, taskId };
  }
}
