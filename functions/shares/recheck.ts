import { branded } from '../core/branded.ts';
import type { Reach } from '../core/caller.ts';
import { together } from '../core/concurrently.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { recheckListeners } from '../memory/sockets.ts';
import { instancesWithin } from '../projects/reach.ts';

/** Job of the fan-out function: recheck the connections of these projects and instances after a share was revoked. */
export interface RecheckBody {
  readonly resources: readonly Reach[];
  /** The user who lost the share; absent: several users. */
  readonly userId?: UserId;
  /** Set for the second run. */
  readonly isAgain?: true;
}

/** The job is queued before the share is revoked, in case the handler dies. After this time the revocation is done. */
const lookAgainAfterMs = 2_000;
const atOnce = 25;
/** Keeps a job below the queue's size limit. */
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

/** The most that is rechecked before the answer. */
const mostNow = 100;

/**
 * Rechecks connections before the revocation is answered, so that afterwards nobody receives frames without permission.
 * If there are too many, the queued job rechecks the rest within seconds.
 */
export async function recheckNow(ports: Ports, { resources, userId }: RecheckBody): Promise<void> {
  const instances = await instancesIn(ports, resources.slice(0, atOnce));
  await recheckAll(ports, instances.slice(0, mostNow), userId);
}

/**
 * Closes the sockets of users who may no longer read. The second run finds sockets that were being opened during the
 * first.
 */
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
