import type { Contract, Operation } from '../../functions/core/contract.ts';

/** An operation with its name in the documents. */
export interface Named {
  /** `capability.operation` */
  readonly name: string;
  readonly capability: string;
  readonly operation: Operation;
}

export type Registry = Readonly<Record<string, Contract>>;

/** All operations of all capabilities, sorted by name, so that reordering a list does not change the documents. */
export function operationsOf(registry: Registry): readonly Named[] {
  return Object.entries(registry)
    .flatMap(([capability, { operations }]) =>
      Object.entries(operations).map(([name, operation]) => ({ name: `${capability}.${name}`, capability, operation })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
