import type * as z from 'zod/mini';
import { saysNothing } from '../../functions/core/contract.ts';
import type { JsonSchema } from './json-schema.ts';
import { wireSchema } from './json-schema.ts';
import type { Named } from './operations.ts';

/** Parts that a document describes once and refers to. */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>();
  readonly #responses = new Map<string, JsonSchema>();

  /** A reference to an operation's input. */
  input({ name, operation }: Named): JsonSchema {
    return this.#keep(`${name}.input`, operation.input);
  }

  /** A reference to an operation's output; any object if it declares none. */
  output({ name, operation }: Named): JsonSchema {
    return saysNothing(operation.output) ? { type: 'object' } : this.#keep(`${name}.output`, operation.output);
  }

  /** A reference to an answer that many operations share. */
  response(name: string, response: JsonSchema): JsonSchema {
    this.#responses.set(name, response);
    return { $ref: `#/components/responses/${name}` };
  }

  /** All parts that were referred to, by name. */
  all(): JsonSchema {
    return { schemas: sorted(this.#schemas), responses: sorted(this.#responses) };
  }

  #keep(name: string, schema: z.core.$ZodType): JsonSchema {
    const at = placeOf(name);
    this.#schemas.set(name, wireSchema(schema, { target: 'draft-2020-12', at }));
    return { $ref: at };
  }
}

export const placeOf = (name: string): string => `#/components/schemas/${name}`;

export function sorted<T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
