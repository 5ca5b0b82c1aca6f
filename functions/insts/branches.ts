import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { branchesAfter, isRegistered, registerBranch } from './erasure-store.ts';
import { keptByTable } from './kept.ts';
import { noteGone } from './kept-decisions.ts';
import type { OpenInst } from './open-inst.ts';

/**
 * The branches that this process has noted. A deleted generation is never opened again, so entries never become wrong.
 */
const noted = keptByTable<true>(5_000);

/**
 * Notes that an inst has this branch, so that the branch is erased with it. Must be called before anything of the
 * branch is written; costs nothing after this process's first call.
 * @returns false when the inst was deleted meanwhile: open it again, and write nothing
 */
export async function noteBranch(
  ports: Ports,
  { recordName, inst, generation }: Pick<OpenInst, 'recordName' | 'inst' | 'generation'>,
  channel: ChannelName,
): Promise<boolean> {
  const name = `${generation} ${channel}`;
  if (noted.get(ports.table, name)) return true;
  const known =
    (await isRegistered(ports, generation, channel)) ||
    (await registerBranch(ports, { recordName, inst, generation }, channel));
  if (known) noted.set(ports.table, name, true);
  else noteGone(ports, { generation });
  return known;
}

/** All branches that have been noted of an inst. */
export async function branchesOf(ports: Ports, { generation }: Pick<OpenInst, 'generation'>): Promise<ChannelName[]> {
  return branchesAfter(ports, generation, undefined, 10_000);
}
