import type { Contract, Operation } from '../../functions/core/contract.ts';

/** One operation with the name that the documents know it by. */
export interface Named {
  /** `capability.operation` */
  readonly name: string;
  readonly capability: string;
  readonly operation: Operation;
}

export type Registry = Readonly<Record<string, Contract>>;

/** All operations of all capabilities, by name: documents do not change when lists are reordered. */
export function operationsOf(registry: Registry): readonly Named[] {
  return Object.entries(registry)
    .flatMap(([capability, { operations }]) =>
      Object.entries(operations).map(([name, operation]) => ({ name: `${capability}.${name}`, capability, operation })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
