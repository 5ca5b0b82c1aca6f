import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { TransactWrite } from '../table.ts';
import { countMembership } from './log.ts';
import type { Entrant } from './members.ts';

/**
 * A channel to which one connection may listen for several things: it is a member once, and its row has a set of interests,
 * texts that mean something to the capability. Adding one never gets in the way of adding another. These are parts of the
 * transactions that also change the connection's row; whoever has changed interests counts the membership anew.
 */
export const interestWrites = {
  /** Lost while the member is being removed. */
  add: (
    { clock }: Ports,
    channel: ChannelName,
    entrant: Omit<Entrant, 'state' | 'from'>,
    text: string,
  ): TransactWrite => {
    const { connectionId, at, request, expiresAt, about, form } = entrant;
    const ttl = Math.ceil(expiresAt / 1000);
    return {
      update: keys.member(channel, connectionId),
      change: ex`SET about = ${about}, state = ${'{}'}, version = ${1}, joinedAt = ${at}, enteredAt = ${clock.now()}, changedAt = ${0}, request = ${request}, form = ${form}, entriesFrom = ${0}, expiresAt = ${expiresAt}, ttl = ${ttl} ADD interests ${new Set([text])}`,
      when: ex`attribute_not_exists(leavingBy)`,
    };
  },

  /** Lost when it is the last one, or there is none. */
  drop: (channel: ChannelName, connection: ConnectionId, text: string): TransactWrite => ({
    update: keys.member(channel, connection),
    change: ex`DELETE interests ${new Set([text])}`,
    when: ex`contains(interests, ${text}) AND size(interests) > ${1}`,
  }),

  /** Ends the membership with the last interest. Lost when there are others, or there is none. */
  leave: (channel: ChannelName, connection: ConnectionId, text: string): TransactWrite => ({
    delete: keys.member(channel, connection),
    when: ex`contains(interests, ${text}) AND size(interests) = ${1} AND attribute_not_exists(leavingBy)`,
  }),
};

/** Somebody else is behind a connection from here on, as far as delivery goes. */
export async function introduceAnew(ports: Ports, channel: ChannelName, connection: ConnectionId, about: string) {
  const stillIn = ex`attribute_exists(interests) AND attribute_not_exists(leavingBy)`;
  const key = keys.member(channel, connection);
  const known = await ports.connections.update(key, ex`SET about = ${about}`, { when: stillIn });
  if (known.ok) await countMembership(ports, channel);
}
