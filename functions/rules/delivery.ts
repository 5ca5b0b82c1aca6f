import type { Identity } from '../core/caller.ts';
import { directRecipients, type Head } from '../core/channel/channel.ts';
import { removeGone } from '../core/channel/delivery.ts';
import { readHead, setWide } from '../core/channel/log.ts';
import { type Listener, listListeners } from '../core/channel/members.ts';
import { together } from '../core/concurrently.ts';
import { shardOf } from '../core/connection-count.ts';
import type { ChannelName, ConnectionId } from '../core/names.ts';
import type { Job, Ports } from '../core/ports.ts';
import { isPermitted } from '../socket-auth/permissions.ts';
import { sessionOf } from '../socket-auth/session.ts';
import { pushFrame } from '../wire/noex-frames.ts';
import type { RuleEvent } from './event.ts';
import { matchesTopic } from './patterns.ts';
import { channelsFor, interestIn, topicsChannel } from './topics.ts';

/** A connection's subscriptions that match an event. */
type Recipient = readonly [to: ConnectionId, subscriptionIds: readonly string[]];

/** An event for one shard of a large channel; job of the fan-out function. */
export interface EventBody {
  readonly channel: ChannelName;
  readonly to: readonly Recipient[];
  /** JSON text of `{topic, event}`. */
  readonly data: string;
}

/** A job has 256 KB, of which an event may take half. */
const idsPerJob = 2_000;

/**
 * Delivers an event once to each matching subscription. Resolves when it is posted, or queued in order, so that later
 * events are delivered after it.
 */
export async function deliver(ports: Ports, event: RuleEvent): Promise<void> {
  const data = JSON.stringify({ topic: event.topic, event });
  const found = await Promise.all(channelsFor(event.topic).map((channel) => recipientsIn(ports, channel, event.topic)));
  await together(
    found.map(({ channel, to, isWide }) =>
      isWide ? hand(ports, event.id, channel, to, data) : tell(ports, { channel, to, data }),
    ),
  );
}

/** Posts an event to each of these, one subscription of a connection after another. */
export async function tell(ports: Ports, { channel, to, data }: EventBody): Promise<void> {
  const gone = await together(
    to.map(async ([connection, ids]) => {
      for (const id of ids) {
        const posted = await ports.gateway.post([connection], pushFrame('event', id, data));
        if (posted.gone.length > 0) return posted.gone;
      }
      return [];
    }),
  );
  await removeGone(ports, topicsChannel, channel, gone.flat());
}

async function recipientsIn(ports: Ports, channel: ChannelName, topic: string) {
  const head = await readHead(ports, channel);
  const listeners = head ? await listListeners(ports, channel, head) : [];
  const to = listeners.flatMap((listener): Recipient[] => {
    const ids = [...listener.interests]
      .map(interestIn)
      .filter(({ pattern }) => matchesTopic(pattern, topic))
      .map(({ subscriptionId }) => subscriptionId);
    return ids.length > 0 && mayHear(ports, listener, topic) ? [[listener.connectionId, ids]] : [];
  });
  return { channel, to, isWide: await isWide(ports, channel, head, to.length) };
}

/**
 * A subscription with a pattern only gets topics to which its user could subscribe by name, and nothing after the
 * session has expired.
 */
function mayHear(ports: Ports, { about }: Listener, topic: string): boolean {
  const { auth } = ports.app;
  if (!auth) return true;
  const identity = (JSON.parse(about) ?? undefined) as Identity | undefined; // written when it subscribed, or signed in
  const session = sessionOf(ports, identity);
  if (!session && auth.required !== false) return false;
  return isPermitted(ports, session && identity, 'rules.subscribe', topic);
}

/** Once events of a channel use the queue, all of them do, so that they cannot overtake each other. */
async function isWide(
  ports: Ports,
  channel: ChannelName,
  head: Head | undefined,
  recipients: number,
): Promise<boolean> {
  if (head?.wide) return true;
  if (recipients <= directRecipients) return false;
  await setWide(ports, channel, true);
  return true;
}

/** A connection is always in the same shard, so that it receives events in order. */
const eventShards = 8;

async function hand(ports: Ports, eventId: string, channel: ChannelName, to: readonly Recipient[], data: string) {
  const jobs: Job[] = [];
  for (let shard = 0; shard < eventShards; shard += 1) {
    const part = to.filter(([connection]) => shardOf(connection, eventShards) === shard);
    for (const [at, run] of runsOf(part).entries()) {
      const body: EventBody = { channel, to: run, data };
      jobs.push({
        kind: 'event',
        group: `event:${shard}:${channel}`,
        id: `${eventId}:${shard}:${at}:${channel}`,
        body,
      });
    }
  }
  await ports.fanOut.send(jobs);
}

/** As many recipients together as one job holds. */
function runsOf(recipients: readonly Recipient[]): Recipient[][] {
  const runs: Recipient[][] = [];
  let ids = idsPerJob;
  for (const recipient of recipients) {
    ids += recipient[1].length;
    if (ids > idsPerJob) {
      runs.push([]);
      ids = recipient[1].length;
    }
    runs.at(-1)?.push(recipient);
  }
  return runs;
}
