import { ex } from '../core/expression.ts';
import { keys, registeredProcedures } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { ProcedureDefinition } from '../core/procedure-definition.ts';
import type { Item } from '../core/table.ts';
import { isTooLong } from '../store/definition-check.ts';

type Needed = Pick<Ports, 'table' | 'ids'>;

export async function readProcedure({ table }: Needed, name: string): Promise<ProcedureDefinition | undefined> {
  const item = isTooLong(name) ? undefined : await table.get(keys.procedure(name));
  return item && definitionIn(item);
}

/** Sorted by name. */
export async function allProcedures({ table }: Needed): Promise<ProcedureDefinition[]> {
  return (await table.query({ pk: registeredProcedures })).map(definitionIn);
}

/** @returns whether the name was free */
export async function addProcedure(ports: Needed, definition: ProcedureDefinition): Promise<boolean> {
  const done = await ports.table.transact([{ put: itemOf(ports, definition), when: ex`attribute_not_exists(pk)` }]);
  return done.ok;
}

/** @returns whether the procedure existed */
export async function removeProcedure({ table }: Needed, name: string): Promise<boolean> {
  if (isTooLong(name)) return false;
  return (await table.transact([{ delete: keys.procedure(name), when: ex`attribute_exists(pk)` }])).ok;
}

/** Replaces a procedure, and retries while concurrent writes interfere. @returns whether it exists */
export async function replaceProcedure(
  ports: Needed,
  name: string,
  change: (before: ProcedureDefinition) => ProcedureDefinition,
): Promise<boolean> {
  if (isTooLong(name)) return false;
  for (;;) {
    const item = await ports.table.get(keys.procedure(name));
    if (!item) return false;
    const put = itemOf(ports, change(definitionIn(item)));
    // Of several concurrent writes, one succeeds each time.
    if ((await ports.table.transact([{ put, when: ex`tag = ${item.tag}` }])).ok) return true;
  }
}

/**
 * The definition is stored as JSON text, which keeps numbers and depth as they are. The tag changes with every write.
 */
function itemOf({ ids }: Needed, definition: ProcedureDefinition) {
  return { ...keys.procedure(definition.name), definition: JSON.stringify(definition), tag: ids.uuid() };
}

/** Checked before it was written. */
const definitionIn = (item: Item): ProcedureDefinition => JSON.parse(String(item.definition));
