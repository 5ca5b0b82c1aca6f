import { ex, setting } from '../core/expression.ts';
import { keys, projectsOf } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import { oneLess, oneMore, refuseOneMore } from '../core/owned-count.ts';
import type { Item, Table } from '../core/table.ts';
import type { Instance, Project } from './instance.ts';
import { newInstance } from './instance-store.ts';

export async function readProject(table: Table, id: string): Promise<Project | undefined> {
  return projectOf(await table.get(keys.project(id)));
}

export async function readProjects(table: Table, ids: readonly string[]): Promise<Project[]> {
  const items = await table.batchGet(ids.map((id) => keys.project(id)));
  return items.flatMap((item) => projectOf(item) ?? []);
}

/** Ids of a user's projects. */
export async function ownedProjects(table: Table, owner: UserId): Promise<string[]> {
  return (await table.query({ pk: projectsOf(owner), only: ['sk'] })).map(({ sk }) => String(sk));
}

/** A project with its first instance. @throws Failure `limit_exceeded` */
export async function addProject(table: Table, project: Project, first: Instance): Promise<void> {
  const { id, ownerId } = project;
  const isNew = ex`attribute_not_exists(pk)`;
  const done = await table.transact([
    oneMore(ownerId, 'projects'),
    { put: { ...keys.project(id), ...project, instances: 1 }, when: isNew },
    { put: { ...keys.projectOf(ownerId, id) }, when: isNew },
    ...newInstance(first),
  ]);
  refuseOneMore(done, 0, 'projects');
  if (!done.ok) throw new Error('A project could not be stored.');
}

export interface ProjectChange {
  readonly name?: string | undefined;
  /** Null: none. */
  readonly description?: string | null | undefined;
}

/** Absent fields stay as they are, also under concurrent changes. @returns false when it is deleted */
export async function changeProject(table: Table, id: string, change: ProjectChange, now: EpochMs): Promise<boolean> {
  const given = setting({ ...change, updatedAt: now });
  return (await table.update(keys.project(id), given, { when: ex`attribute_exists(pk)` })).ok;
}

/** Makes a project invisible, and prevents new instances. Repeating it has no effect. */
export async function removeProject(table: Table, id: string, ownerId: UserId): Promise<void> {
  await table.transact([
    { delete: keys.project(id), when: ex`attribute_exists(pk)` },
    { delete: keys.projectOf(ownerId, id) },
    oneLess(ownerId, 'projects'),
  ]);
}

function projectOf(item: Item | undefined): Project | undefined {
  // Such items are only made above.
  return item && (item as unknown as Project);
}
