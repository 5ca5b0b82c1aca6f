import type { Entry, Head } from '../core/channel/channel.ts';
import { entriesOf, type Kept, readKept } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** An update, and when it came. Those that have been merged have the time of the last of them. */
export interface KeptUpdate {
  readonly update: string;
  readonly at: number;
}

/** Everything that is kept of a branch, if it is this inst's; updates that were sent again come once. */
export async function readBranch(ports: Ports, channel: ChannelName, generation: string): Promise<KeptUpdate[]> {
  const head = await readHead(ports, channel);
  if (!head || head.of !== generation) return [];
  return updatesIn(entriesOf(await readKept(ports, channel, head)));
}

/** Updates of entries, oldest first. */
export function updatesIn(entries: readonly Entry[]): KeptUpdate[] {
  const found = new Map<string, KeptUpdate>();
  for (const { body, at } of entries) {
    for (const update of updatesOf(body)) if (!found.has(update)) found.set(update, { update, at });
  }
  return [...found.values()];
}

/** What the body of an entry says: bodies are only ever written from lists of updates. */
export const updatesOf = (body: string): string[] => JSON.parse(body) as string[];

/** How long a watcher waits for updates that are being written while it looks, in ms. */
const patienceMs = [5, 10, 20, 40, 80];

/**
 * Everything for somebody who listens already. What is being written at this moment may reach them by no other way, if its
 * writer looked for listeners just before: so it is waited for.
 */
export async function readForWatcher(
  ports: Ports,
  channel: ChannelName,
  head: Head,
  after: number | undefined,
): Promise<Kept> {
  let kept = await readKept(ports, channel, head, after);
  for (const patience of patienceMs) {
    if (kept.reached >= kept.head.sequence) break;
    await ports.clock.wait(patience);
    kept = await readKept(ports, channel, { ...kept.head, sequence: head.sequence }, after);
  }
  return kept;
}
