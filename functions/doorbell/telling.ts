import { directRecipients, shardRecipients } from '../core/channel/channel.ts';
import { removeGone } from '../core/channel/delivery.ts';
import { together } from '../core/concurrently.ts';
import { shardOf } from '../core/connection-count.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { ConnectionId } from '../core/names.ts';
import type { Job, Ports } from '../core/ports.ts';
import { storageOf } from '../nodes/storage.ts';
import { channelOf, doorbellChannel } from './channel.ts';
import { frame } from './doorbell.ts';
import { framesOf } from './frames.ts';
import type { BellBody } from './ring.ts';
import { watchersOf } from './watcher-store.ts';

/** After a turn, the next one waits this long. Changes until then go out together. */
const windowMs = 100;
/** Clocks differ, so no turn waits longer than this. */
const longestWaitMs = 1_000;

/** One frame for some of its recipients; job of the fan-out function. */
export interface TellBody {
  readonly to: readonly ConnectionId[];
  readonly frame: string;
}

/** Sends everything that has changed since the last turn, each client its part. Turns come one after another. */
export async function tellWatchers(ports: Ports, { turn, at }: BellBody): Promise<void> {
  await ports.clock.wait(Math.max(0, Math.min(longestWaitMs, at - ports.clock.now())));
  const changed = await take(ports, turn);
  if (!changed) return;
  const watchers = await watchersOf(ports, changed);
  const nodes = await storageOf(ports).getNodes([...new Set(watchers.map(({ node }) => node))]);
  const told = new Map<string, ConnectionId[]>();
  for (const [connection, mine] of Map.groupBy(watchers, (one) => one.connection)) {
    const versions = mine.map(({ node }) => [node, nodes.get(node)?.version ?? 0] as const);
    for (const part of framesOf(versions)) {
      const text = frame('nodes.changed', part);
      const same = told.get(text);
      if (same) same.push(connection);
      else told.set(text, [connection]);
    }
  }
  await together([...told].map(([text, to], index) => send(ports, `${turn}:${index}`, { to, frame: text })));
  await ports.connections.update(keys.bell(), ex`REMOVE taken, takenBy`, { when: ex`takenBy = ${turn}` });
}

/** @returns the nodes to announce in this turn, the same if the turn is repeated; undefined when the turn is over */
async function take({ connections, clock }: Ports, turn: string): Promise<readonly string[] | undefined> {
  const written = await connections.update(
    keys.bell(),
    ex`SET taken = changed, takenBy = ${turn}, until = ${clock.now() + windowMs} REMOVE changed, pending`,
    { when: ex`pending = ${turn} AND attribute_exists(changed)` },
  );
  const item = written.ok ? written.item : written.current;
  return item?.takenBy === turn && item.taken instanceof Set ? [...item.taken].map(String) : undefined;
}

/** Posts directly to a few hundred recipients, else in shards; a connection's id decides its shard. */
async function send(ports: Ports, id: string, { to, frame: text }: TellBody): Promise<void> {
  if (to.length <= directRecipients) return tell(ports, { to, frame: text });
  const shards = Math.ceil(to.length / shardRecipients);
  const parts = Map.groupBy(to, (connection) => shardOf(connection, 2 ** Math.ceil(Math.log2(shards))));
  const jobs = [...parts].map(([shard, part]): Job => {
    const body: TellBody = { to: part, frame: text };
    return { kind: 'nodes-tell', group: `nodes-tell:${shard}`, id: `${id}:${shard}`, body };
  });
  await ports.fanOut.send(jobs);
}

/** Posts a frame. Connections that are gone stop watching. */
export async function tell(ports: Ports, { to, frame: text }: TellBody): Promise<void> {
  const { gone } = await ports.gateway.post(to, text);
  for (const connection of gone) await removeGone(ports, doorbellChannel, channelOf(connection), [connection]);
}
