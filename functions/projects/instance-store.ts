import { Failure } from '../core/errors.ts';
import { ex, setting } from '../core/expression.ts';
import { instancesIn, keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table, TransactWrite, Written } from '../core/table.ts';
import type { Instance } from './instance.ts';

/**
 * Rows of instances. An instance exists exactly while its own row does: all else is created before and erased
 * afterwards. While an instance is being copied, only its project lists it.
 */

/** The most instances of a project. */
const mostInstances = 1_000;

export async function readInstance(table: Table, id: string): Promise<Instance | undefined> {
  return instanceOf(await table.get(keys.instance(id)));
}

/** An unfinished copy, and when it was begun. */
export interface Unfinished {
  readonly id: string;
  readonly since: EpochMs;
}

/** All instances of a project, in no particular order. */
export async function instancesOf(
  table: Table,
  projectId: string,
): Promise<{ readonly instances: readonly Instance[]; readonly unfinished: readonly Unfinished[] }> {
  const ids = await instanceIds(table, projectId);
  const items = await table.batchGet(ids.map((id) => keys.instance(id)));
  return {
    instances: items.flatMap((item) => instanceOf(item) ?? []),
    // Written by addInstance only.
    unfinished: items.flatMap(({ id, madeSince }) => (madeSince ? [{ id, since: madeSince } as Unfinished] : [])),
  };
}

/** Ids of a project's instances, including those whose own row is already deleted. @param limit default: all */
export async function instanceIds(table: Table, projectId: string, limit?: number): Promise<string[]> {
  const rows = await table.query({
    pk: instancesIn(projectId),
    only: ['sk'],
    ...(limit === undefined ? {} : { limit }),
  });
  return rows.map(({ sk }) => String(sk));
}

export function instanceItem(instance: Instance) {
  return { ...keys.instance(instance.id), ...instance };
}

/** The writes that create an instance; the project's count has to change in the same transaction. */
export function newInstance(instance: Instance, isBeingMade = false): TransactWrite[] {
  const { id, projectId, createdAt } = instance;
  const isNew = ex`attribute_not_exists(pk)`;
  return [
    { put: { ...instanceItem(instance), ...(isBeingMade ? { madeSince: createdAt } : {}) }, when: isNew },
    { put: { ...keys.instanceIn(projectId, id) }, when: isNew },
  ];
}

/**
 * @param isBeingMade keeps it invisible until it is finished
 * @throws Failure `not_found` when the project is deleted, `limit_exceeded` when it has the maximum of instances
 */
export async function addInstance(
  table: Table,
  instance: Instance,
  { isBeingMade }: { readonly isBeingMade: boolean },
): Promise<void> {
  const done = await table.transact([
    {
      update: keys.project(instance.projectId),
      change: ex`ADD instances ${1}`,
      when: ex`attribute_exists(pk) AND instances < ${mostInstances}`,
    },
    ...newInstance(instance, isBeingMade),
  ]);
  if (done.ok) return;
  if (done.current[0]) {
    throw new Failure('limit_exceeded', `The project has ${mostInstances} instances, and there may not be more.`);
  }
  throw new Failure('not_found', 'Project not found');
}

/** Makes a finished copy visible. @returns false when it was deleted meanwhile */
export async function finishInstance(table: Table, id: string): Promise<boolean> {
  const isStill = { when: ex`attribute_exists(madeSince)` };
  return (await table.update(keys.instance(id), ex`REMOVE madeSince`, isStill)).ok;
}

export interface InstanceChange {
  readonly name?: string | undefined;
  readonly isReadOnly?: boolean | undefined;
}

/**
 * Absent fields stay as they are, also under concurrent changes.
 * @returns the changed instance; undefined when it is deleted
 */
export async function changeInstance(
  table: Table,
  id: string,
  change: InstanceChange,
  now: EpochMs,
): Promise<Instance | undefined> {
  const given = setting({ ...change, updatedAt: now });
  return instanceIn(await table.update(keys.instance(id), given, { when: ex`attribute_exists(pk)` }));
}

/**
 * Marks an instance as having webhooks, in the transaction that creates a webhook. It also counts, so that a process
 * that found no webhook can tell whether one was created since.
 */
export function hookInstance(id: string): TransactWrite {
  return {
    update: keys.instance(id),
    change: ex`SET hasWebhooks = ${true} ADD webhooksMade ${1}`,
    when: ex`attribute_exists(pk)`,
  };
}

/** How many webhooks were ever created for it. */
export async function webhooksMade(table: Table, id: string): Promise<number> {
  const item = await table.get(keys.instance(id), ['webhooksMade']);
  return Number(item?.webhooksMade ?? 0);
}

/** Unmarks an instance, unless another webhook was created since the count `made`. */
export async function unhookInstance(table: Table, id: string, made: number): Promise<void> {
  const isAsMany =
    made === 0 ? ex`attribute_exists(pk) AND attribute_not_exists(webhooksMade)` : ex`webhooksMade = ${made}`;
  await table.update(keys.instance(id), ex`SET hasWebhooks = ${false}`, { when: isAsMany });
}

/** Makes an instance invisible, but keeps its entry in the project. Repeating it has no effect. */
export async function hideInstance(table: Table, id: string): Promise<void> {
  await table.delete(keys.instance(id));
}

/** Deletes an instance's rows, and subtracts it from its project's count. Repeating it has no effect. */
export async function removeInstance(table: Table, id: string, projectId: string): Promise<void> {
  const isThere = ex`attribute_exists(pk)`;
  const where = keys.instanceIn(projectId, id);
  const done = await table.transact([
    { delete: keys.instance(id), when: isThere },
    { delete: where },
    { update: keys.project(projectId), change: ex`ADD instances ${-1}`, when: isThere },
  ]);
  // The project is being deleted too, or the instance was already removed.
  if (!done.ok) await table.transact([{ delete: keys.instance(id) }, { delete: where }]);
}

/** Deletes its entry in the project. */
export async function forgetInstance(table: Table, id: string, projectId: string): Promise<void> {
  await table.delete(keys.instanceIn(projectId, id));
}

function instanceIn(written: Written): Instance | undefined {
  return written.ok ? instanceOf(written.item) : undefined;
}

function instanceOf(item: Item | undefined): Instance | undefined {
  // Such items are only made above.
  return item && item.madeSince === undefined ? (item as unknown as Instance) : undefined;
}
