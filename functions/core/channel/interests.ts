import { ex } from '../expression.ts';
import { keys } from '../keys.ts';
import type { ChannelName, ConnectionId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { TransactWrite } from '../table.ts';
import { countMembership } from './log.ts';
import type { Entrant } from './members.ts';

/**
 * Interests: in some channels a connection may subscribe to several things. It is one member, and its row has a set of
 * interests, texts that the capability understands. Concurrent additions do not conflict. These writes belong into the
 * transactions that also change the connection's row; afterwards the caller must raise the membership version.
 */
export const interestWrites = {
  /** Its condition fails while the member is being removed. */
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

  /** Its condition fails when this is the last interest, or does not exist. */
  drop: (channel: ChannelName, connection: ConnectionId, text: string): TransactWrite => ({
    update: keys.member(channel, connection),
    change: ex`DELETE interests ${new Set([text])}`,
    when: ex`contains(interests, ${text}) AND size(interests) > ${1}`,
  }),

  /**
   * Ends the membership together with the last interest. Its condition fails when there are other interests, or this
   * one does not exist.
   */
  leave: (channel: ChannelName, connection: ConnectionId, text: string): TransactWrite => ({
    delete: keys.member(channel, connection),
    when: ex`contains(interests, ${text}) AND size(interests) = ${1} AND attribute_not_exists(leavingBy)`,
  }),
};

/** Replaces the user of a member, for delivery, after a new sign-in. */
export async function introduceAnew(ports: Ports, channel: ChannelName, connection: ConnectionId, about: string) {
  const stillIn = ex`attribute_exists(interests) AND attribute_not_exists(leavingBy)`;
  const key = keys.member(channel, connection);
  const known = await ports.connections.update(key, ex`SET about = ${about}`, { when: stillIn });
  if (known.ok) await countMembership(ports, channel);
}
