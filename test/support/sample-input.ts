import * as z from 'zod/mini';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  /** An example from the contract itself, for rules that the schema does not show. */
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** The smallest input that a schema accepts: required fields only, as plain as possible. */
export function sampleInput(schema: z.core.$ZodType): Record<string, unknown> {
  // JSON Schema leaves out the examples of codecs.
  const { examples } = z.globalRegistry.get(schema) ?? {};
  const sample = Array.isArray(examples) ? examples[0] : sampleOf(jsonSchemaOf(schema));
  return typeof sample === 'object' && sample !== null ? { ...sample } : {};
}

/** Fields that an input must have. */
export function requiredFields(schema: z.core.$ZodType): readonly string[] {
  return jsonSchemaOf(schema).required ?? [];
}

/** Whether a field accepts any JSON. */
export function takesAnything(schema: z.core.$ZodType, field: string): boolean {
  const { description: _, ...rules } = jsonSchemaOf(schema).properties?.[field] ?? {};
  return Object.keys(rules).length === 0;
}

function jsonSchemaOf(schema: z.core.$ZodType): Schema {
  // The form that zod documents; only these members are read.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

function sampleOf(schema: Schema): unknown {
  if (schema.examples) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0] ?? {});
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
    case 'number':
    case 'integer':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return sampleText(schema);
    default:
      return {};
  }
}

function sampleText({ format, pattern, minLength = 1 }: Schema): string {
  if (format === 'email') return 'somebody@example.com';
  if (format === 'uri') return 'https://example.com/';
  if (pattern?.startsWith('^\\d')) return '1'.repeat(minLength);
  return 'x'.repeat(minLength);
}
