import * as z from 'zod/mini';

/** A schema as CasualOS's clients read it. Whatever they have no word for is `any`. */
export type SchemaNode = NodeForm & {
  readonly optional?: true;
  readonly nullable?: true;
  readonly hasDefault?: true;
  readonly defaultValue?: unknown;
  readonly description?: string;
};

type NodeForm =
  | { readonly type: 'string' | 'number' | 'boolean' | 'date' | 'any' | 'null' }
  | { readonly type: 'object'; readonly schema: Readonly<Record<string, SchemaNode>>; readonly catchall?: SchemaNode }
  | {
      readonly type: 'array';
      readonly schema: SchemaNode;
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly exactLength?: number;
    }
  | { readonly type: 'enum'; readonly values: readonly (string | number)[] }
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'union'; readonly options: readonly SchemaNode[]; readonly discriminator?: string }
  | { readonly type: 'record'; readonly valueSchema: SchemaNode }
  | { readonly type: 'tuple'; readonly items: readonly SchemaNode[] };

/** What a schema takes in (not what it makes of it). */
export function describeSchema(schema: z.core.$ZodType): SchemaNode {
  const description = z.globalRegistry.get(schema)?.description;
  return { ...nodeOf(schema), ...(description === undefined ? {} : { description }) };
}

function nodeOf(schema: z.core.$ZodType): SchemaNode {
  const { def } = (schema as z.core.$ZodTypes)._zod; // every schema is one of these
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'date':
    case 'null':
      return { type: def.type };
    case 'optional':
      return { ...describeSchema(def.innerType), optional: true };
    case 'nullable':
      return { ...describeSchema(def.innerType), nullable: true };
    case 'default':
      return { ...describeSchema(def.innerType), hasDefault: true, defaultValue: def.defaultValue };
    case 'pipe':
      return describeSchema(def.in._zod.def.type === 'transform' ? def.out : def.in);
    case 'object': {
      const catchall = def.catchall && describeSchema(def.catchall);
      const fields = Object.entries(def.shape).map(([name, field]) => [name, describeSchema(field)] as const);
      return { type: 'object', schema: Object.fromEntries(fields), ...(catchall ? { catchall } : {}) };
    }
    case 'array':
      return { type: 'array', schema: describeSchema(def.element), ...lengths(def.checks ?? []) };
    case 'enum':
      return { type: 'enum', values: Object.values(def.entries) };
    case 'literal':
      return def.values.length === 1
        ? { type: 'literal', value: def.values[0] }
        : { type: 'union', options: def.values.map((value) => ({ type: 'literal', value })) };
    case 'union': {
      const discriminator = 'discriminator' in def ? String(def.discriminator) : undefined;
      const options = def.options.map(describeSchema);
      return { type: 'union', options, ...(discriminator === undefined ? {} : { discriminator }) };
    }
    case 'record':
      return { type: 'record', valueSchema: describeSchema(def.valueType) };
    case 'tuple':
      return { type: 'tuple', items: def.items.map(describeSchema) };
    default:
      return { type: 'any' };
  }
}

function lengths(checks: readonly z.core.$ZodCheck<never>[]) {
  let found: { minLength?: number; maxLength?: number; exactLength?: number } = {};
  for (const check of checks) {
    const { def } = (check as z.core.$ZodChecks)._zod; // every check is one of these
    if (def.check === 'min_length') found = { ...found, minLength: def.minimum };
    if (def.check === 'max_length') found = { ...found, maxLength: def.maximum };
    if (def.check === 'length_equals') found = { ...found, exactLength: def.length };
  }
  return found;
}
