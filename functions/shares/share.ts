import type { Reach, Scope } from '../core/caller.ts';
import type { ShareTarget } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item } from '../core/table.ts';

/** A target's permission for a project with its instances, or for one instance. */
export interface Share {
  readonly id: string;
  readonly resource: Reach;
  readonly target: ShareTarget;
  readonly permission: Scope;
  readonly createdAt: EpochMs;
}

export function shareOf(item: Item): Share {
  // Only shares are kept under such keys.
  return item as unknown as Share;
}
