import { branded } from '../core/branded.ts';
import type { Reach } from '../core/caller.ts';
import { together } from '../core/concurrently.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { recheckListeners } from '../memory/sockets.ts';
import { instancesWithin } from '../projects/reach.ts';

/** Something was taken back: who is connected to these has to be looked at; job of the fan-out function. */
export interface RecheckBody {
  readonly resources: readonly Reach[];
  /** Whom it was taken from; absent: many. */
  readonly userId?: UserId;
  /** It has been looked before. */
  readonly isAgain?: true;
}

/** Whoever asks before taking something back, so as not to die in between, has done so by then. */
const lookAgainAfterMs = 2_000;
const atOnce = 25;
/** So that a job stays below what a queue takes. */
const mostResources = 500;

export async function askToRecheck({ fanOut, ids }: Ports, { resources, userId }: RecheckBody): Promise<void> {
  for (let start = 0; start < resources.length; start += mostResources) {
    const body: RecheckBody = {
      resources: resources.slice(start, start + mostResources),
      ...(userId === undefined ? {} : { userId }),
    };
    await fanOut.send([{ kind: 'recheck-access', group: `access:${ids.uuid()}`, id: ids.uuid(), body }]);
  }
}

/** As much as is looked at while somebody waits for the answer. */
const mostNow = 100;

/**
 * Looks before whoever took something back is answered: from then on nobody hears what they may not. Where there is too much
 * to look at, the job that was asked for gets to the rest within seconds.
 */
export async function recheckNow(ports: Ports, { resources, userId }: RecheckBody): Promise<void> {
  const instances = await instancesIn(ports, resources.slice(0, atOnce));
  await recheckAll(ports, instances.slice(0, mostNow), userId);
}

/** Sockets of who may not even read any more are closed; one that was being opened meanwhile is met the second time. */
export async function recheck(ports: Ports, body: RecheckBody): Promise<void> {
  const { resources, userId, isAgain } = body;
  await recheckAll(ports, await instancesIn(ports, resources), userId);
  if (isAgain) return;
  const at = branded<EpochMs>(ports.clock.now() + lookAgainAfterMs);
  await ports.reminders.set({ kind: 'recheck-access', at, body: { ...body, isAgain: true } satisfies RecheckBody });
}

async function instancesIn(ports: Ports, resources: readonly Reach[]): Promise<string[]> {
  const instances = new Set<string>();
  for (const resource of resources) for (const id of await instancesWithin(ports, resource)) instances.add(id);
  return [...instances];
}

async function recheckAll(ports: Ports, instances: readonly string[], userId: UserId | undefined): Promise<void> {
  for (let start = 0; start < instances.length; start += atOnce) {
    await together(instances.slice(start, start + atOnce).map((id) => recheckListeners(ports, [id], userId)));
  }
}
