import * as z from 'zod/mini';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Placement {
  /** AsyncAPI uses draft 7, OpenAPI 3.1 the newest. */
  readonly target: 'draft-2020-12' | 'draft-07';
  /** The schema's position in the document, as a JSON pointer (`#/components/schemas/x`). */
  readonly at: string;
}

/**
 * A schema as sent, in both directions. That is its input side, because answers are sent encoded. Whatever JSON Schema
 * cannot express becomes any value. A recursive schema refers to its own position in the document.
 */
export function wireSchema(schema: z.core.$ZodType, { target, at }: Placement): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target, io: 'input', unrepresentable: 'any' });
  return relocate(rest, at);
}

/** The fields of an object schema; undefined for any other schema. */
export function fieldsOf(schema: JsonSchema): ReadonlyMap<string, Field> | undefined {
  const { properties, required } = schema;
  if (schema.type !== 'object' || !isSchema(properties)) return undefined;
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return new Map(
    Object.entries(properties).map(([name, field]) => [
      name,
      { schema: isSchema(field) ? field : {}, required: needed.includes(name) },
    ]),
  );
}

export interface Field {
  readonly schema: JsonSchema;
  readonly required: boolean;
}

function relocate(schema: JsonSchema, at: string): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [
      keyword,
      keyword === '$ref' && typeof value === 'string' ? value.replace(/^#/, at) : relocated(value, at),
    ]),
  );
}

function relocated(value: unknown, at: string): unknown {
  if (Array.isArray(value)) return value.map((one) => relocated(one, at));
  return isSchema(value) ? relocate(value, at) : value;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
