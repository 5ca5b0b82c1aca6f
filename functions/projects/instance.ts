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

/** The row of an instance; its keys are stored separately. */
export interface Instance {
  readonly id: string;
  readonly projectId: string;
  readonly ownerId: UserId;
  /** The owner of its project, who never changes. */
  readonly projectOwnerId: UserId;
  readonly name: string;
  /** Nobody may write its keys. */
  readonly isReadOnly: boolean;
  /** Whether it has webhooks. */
  readonly hasWebhooks: boolean;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** The instance that it was made as a copy of. */
  readonly parentId?: string | undefined;
}

/** References to instances and projects, for shares and API keys. */
export const asInstance = ({ id }: Pick<Instance, 'id'>): Reach => ({ type: 'instance', id });
export const asProject = (id: string): Reach => ({ type: 'project', id });

/**
 * Whether a credential's reach includes a place. To a key of one project or instance, everything else looks as if it
 * did not exist.
 */
export function isWithinReach({ credential }: Identity, place: { projectId: string; instanceId?: string }): boolean {
  if (credential.kind !== 'apiKey' || !credential.reach) return true;
  const { type, id } = credential.reach;
  return id === (type === 'project' ? place.projectId : place.instanceId);
}
