import { specFor } from '../branches/channel.ts';
import { stillAllowed } from '../branches/still-allowed.ts';
import type { SocketCaller } from '../core/caller.ts';
import { changeFrames } from '../core/channel/delivery.ts';
import { bytesOf } from '../core/channel/frames.ts';
import { listenersOf } from '../core/channel/listening.ts';
import { listMembers, reviseState } from '../core/channel/members.ts';
import { announceState } from '../core/channel/window.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type KeptShown, nothing, partOf, type Shown, shownIn, stateOf } from './shown.ts';

/**
 * Awareness: states that clients share while they are connected. A connection may only send states of clients that it
 * was the first to send. Providers also repeat states of other clients, which are ignored.
 */

/** The most clients whose states one connection may send. */
const mostClients = 16;
/** Limit of their states together, in bytes. */
const mostBytes = 32_000;
/** Clients repeat their state every 15 seconds, and are considered gone after 30, so older states expire. */
const believedMs = 40_000;

/** @throws Failure `too_large` */
export async function show(
  ports: Ports,
  { connection, frame }: SocketCaller,
  channel: ChannelName,
  states: readonly Shown[],
): Promise<void> {
  const member = await reviseState(ports, channel, connection.id, async ({ state }) => {
    const own = believed(ports, state);
    const known = states.some((one) => !own.has(one.client) && one.state !== nothing)
      ? await shownByOthers(ports, channel, connection.id)
      : own;
    const news = states.filter((one) => isNews(one, own.get(one.client) ?? known.get(one.client)));
    if (news.length === 0) return undefined;
    for (const one of news) own.set(one.client, { ...one, at: ports.clock.now() });
    const revised = stateOf(own.values());
    if (own.size <= mostClients && bytesOf(revised) <= mostBytes) return revised;
    throw new Failure('too_large', `A connection shows at most ${mostClients} clients, in ${mostBytes} bytes.`);
  });
  if (!member) return;
  // Closes the sockets of watchers who may no longer read the branch, so that they do not receive the state.
  await stillAllowed(ports, channel, await listenersOf(ports, channel));
  await announceState(ports, specFor(channel), channel, member, frame.attempt);
}

/** The removal of an unknown client is no news. */
function isNews({ clock, state }: Shown, known: Shown | undefined): boolean {
  if (!known) return state !== nothing;
  return clock > known.clock || (clock === known.clock && state === nothing && known.state !== nothing);
}

/** Sends a connection the states of all other clients. */
export async function tellShown(ports: Ports, { id }: { readonly id: ConnectionId }, channel: ChannelName) {
  const members = await listMembers(ports, channel);
  const parts = members
    .filter(({ connectionId }) => connectionId !== id)
    .map(({ state }) => partOf([...believed(ports, state).values()].filter((one) => one.state !== nothing)));
  for (const frame of changeFrames(specFor(channel), channel, { joined: parts.filter((part) => part !== '') })) {
    const { gone } = await ports.gateway.post([id], frame);
    if (gone.length > 0) return;
  }
}

async function shownByOthers(ports: Ports, channel: ChannelName, self: ConnectionId): Promise<Map<number, KeptShown>> {
  const newest = new Map<number, KeptShown>();
  for (const { connectionId, state } of await listMembers(ports, channel)) {
    if (connectionId === self) continue;
    for (const one of believed(ports, state).values()) {
      if ((newest.get(one.client)?.clock ?? -1) < one.clock) newest.set(one.client, one);
    }
  }
  return newest;
}

function believed({ clock }: Ports, state: string): Map<number, KeptShown> {
  const since = clock.now() - believedMs;
  return new Map([...shownIn(state)].filter(([, { at }]) => at > since));
}
