import { Failure } from '../core/errors.ts';
import { ex, setting } from '../core/expression.ts';
import { instancesIn, keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table, TransactWrite, Written } from '../core/table.ts';
import type { Instance } from './instance.ts';

/**
 * Instances, and where they are. An instance counts as soon as its own row is there and no longer: what else there is of it
 * is made before, and erased afterwards. While it is made as a copy its row is there for its project only.
 */

/** As many as one project may have. */
const mostInstances = 1_000;

export async function readInstance(table: Table, id: string): Promise<Instance | undefined> {
  return instanceOf(await table.get(keys.instance(id)));
}

/** An instance that is being made, and since when. */
export interface Unfinished {
  readonly id: string;
  readonly since: EpochMs;
}

/** All of a project's, in no particular order. */
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

/** Their ids, those included whose own row is gone already. @param limit default: all */
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

/** The writes that make one; the project has to count it as well. */
export function newInstance(instance: Instance, isBeingMade = false): TransactWrite[] {
  const { id, projectId, createdAt } = instance;
  const isNew = ex`attribute_not_exists(pk)`;
  return [
    { put: { ...instanceItem(instance), ...(isBeingMade ? { madeSince: createdAt } : {}) }, when: isNew },
    { put: { ...keys.instanceIn(projectId, id) }, when: isNew },
  ];
}

/**
 * @param isBeingMade nobody sees it before it is finished
 * @throws Failure `not_found` when the project is gone, `limit_exceeded` when it has no more room
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

/** What was being made is there. @returns false when it has been deleted meanwhile */
export async function finishInstance(table: Table, id: string): Promise<boolean> {
  const isStill = { when: ex`attribute_exists(madeSince)` };
  return (await table.update(keys.instance(id), ex`REMOVE madeSince`, isStill)).ok;
}

export interface InstanceChange {
  readonly name?: string | undefined;
  readonly isReadOnly?: boolean | undefined;
}

/**
 * What is not given stays, also where somebody else changes that at the same time.
 * @returns the instance as it is then; undefined when it is gone
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
 * Somebody wants to be told of what happens in it; a write of the transaction that makes their webhook, so that there is
 * never one without the other. Counted, so that who has found none can tell whether one has been made since.
 */
export function hookInstance(id: string): TransactWrite {
  return {
    update: keys.instance(id),
    change: ex`SET hasWebhooks = ${true} ADD webhooksMade ${1}`,
    when: ex`attribute_exists(pk)`,
  };
}

/** How many webhooks have been made for it, ever. */
export async function webhooksMade(table: Table, id: string): Promise<number> {
  const item = await table.get(keys.instance(id), ['webhooksMade']);
  return Number(item?.webhooksMade ?? 0);
}

/** Nobody wants to be told any more, unless another webhook has been made than those so many. */
export async function unhookInstance(table: Table, id: string, made: number): Promise<void> {
  const isAsMany =
    made === 0 ? ex`attribute_exists(pk) AND attribute_not_exists(webhooksMade)` : ex`webhooksMade = ${made}`;
  await table.update(keys.instance(id), ex`SET hasWebhooks = ${false}`, { when: isAsMany });
}

/** From now on it is nobody's any more; where it was, is kept. Twice is as good as once. */
export async function hideInstance(table: Table, id: string): Promise<void> {
  await table.delete(keys.instance(id));
}

/** It goes, and its project has one less. Twice is as good as once. */
export async function removeInstance(table: Table, id: string, projectId: string): Promise<void> {
  const isThere = ex`attribute_exists(pk)`;
  const where = keys.instanceIn(projectId, id);
  const done = await table.transact([
    { delete: keys.instance(id), when: isThere },
    { delete: where },
    { update: keys.project(projectId), change: ex`ADD instances ${-1}`, when: isThere },
  ]);
  // Its project is going as well, or it was gone already.
  if (!done.ok) await table.transact([{ delete: keys.instance(id) }, { delete: where }]);
}

/** Nobody need remember any more where it was. */
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
