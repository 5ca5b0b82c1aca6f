import type { Entry, Head } from '../core/channel/channel.ts';
import { entriesOf, type Kept, readKept } from '../core/channel/kept.ts';
import { readHead } from '../core/channel/log.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';

/** An update with the time of its arrival. Merged updates have the time of the last of them. */
export interface KeptUpdate {
  readonly update: string;
  readonly at: number;
}

/** Reads all updates of a branch, if it belongs to this generation of the inst. Repeated updates are included once. */
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

/** The updates in an entry's body, which is always written from a list of updates. */
export const updatesOf = (body: string): string[] => JSON.parse(body) as string[];

/** How long a watcher waits for updates that are being written while it reads, in ms. */
const patienceMs = [5, 10, 20, 40, 80];

/**
 * Reads the whole branch for a new watcher. It waits for updates that are being written, because their writers may have
 * read the list of members just before, and then do not deliver to it.
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
