import type { Identity, Reach } from '../core/caller.ts';
import type { EpochMs, UserId } from '../core/names.ts';

/** A container of instances. */
export interface Project {
  readonly id: string;
  readonly ownerId: UserId;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** A shared memory as its row knows it; what is in it lies elsewhere. */
export interface Instance {
  readonly id: string;
  readonly projectId: string;
  readonly ownerId: UserId;
  /** Whose its project is: projects do not change hands. */
  readonly projectOwnerId: UserId;
  readonly name: string;
  /** Nobody may write its keys. */
  readonly isReadOnly: boolean;
  /** Somebody wants to be told of what happens in it. */
  readonly hasWebhooks: boolean;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** The instance that it was made as a copy of. */
  readonly parentId?: string | undefined;
}

/** As what instances and projects are shared, and reached by keys. */
export const asInstance = ({ id }: Pick<Instance, 'id'>): Reach => ({ type: 'instance', id });
export const asProject = (id: string): Reach => ({ type: 'project', id });

/** What an API key of one project or instance reaches; everything else does not exist for it. */
export function isWithinReach({ credential }: Identity, place: { projectId: string; instanceId?: string }): boolean {
  if (credential.kind !== 'apiKey' || !credential.reach) return true;
  const { type, id } = credential.reach;
  return id === (type === 'project' ? place.projectId : place.instanceId);
}
