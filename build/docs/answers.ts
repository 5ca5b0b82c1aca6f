import { STATUS_CODES } from 'node:http';
import type { Operation } from '../../functions/core/contract.ts';
import { commonErrors } from '../../functions/core/contract.ts';
import type { Code } from '../../functions/core/errors.ts';
import { Failure } from '../../functions/core/errors.ts';
import type { Family } from '../../functions/wire/family.ts';
import type { Components } from './components.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * HTTP answers as OpenAPI describes them. Statuses and error shapes come from the code that answers, so the documents
 * cannot differ from it.
 */

/** All error codes of an operation behind a path of this family. */
export function codesOf({ access, errors, procedure }: Operation, family: Family): readonly Code[] {
  return [
    ...commonErrors,
    ...errors,
    ...(access.own ? [access.own.refusal] : []),
    ...(access.scope === 'none' ? [] : (['not_authorized'] as const)),
    ...(family.name === 'casualos' && procedure?.origins !== true ? (['invalid_origin'] as const) : []),
    'took_too_long',
  ];
}

/** All answers by status: the success, and errors that share its status. */
export function answers(
  components: Components,
  family: Family,
  output: JsonSchema,
  codes: readonly Code[],
  status?: number,
): Readonly<Record<string, JsonSchema>> {
  const { status: good, body } = family.succeed({}, status);
  const success = wrapped(output, body);
  const refusals = new Map<number, Code[]>();
  for (const code of [...new Set(codes)].sort()) {
    const { status } = family.refuse(new Failure(code, sentence));
    refusals.set(status, [...(refusals.get(status) ?? []), code]);
  }
  const statuses = [...new Set([good, ...refusals.keys()])].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const given = refusals.get(status) ?? [];
      if (status !== good) return [status, refused(components, family, status, given)];
      const schema = given.length === 0 ? success : { anyOf: [success, refusal(family, given)] };
      return [status, response(status, schema)];
    }),
  );
}

/**
 * A status with a single code is the same answer for every operation, so it is shared. A status with several codes is
 * described per operation.
 */
function refused(components: Components, family: Family, status: number, codes: readonly Code[]): JsonSchema {
  const own = response(status, refusal(family, codes));
  return codes.length === 1 ? components.response(`${family.name}.${codes[0]}`, own) : own;
}

function response(status: number, schema: JsonSchema): JsonSchema {
  return { description: STATUS_CODES[status] ?? '', content: { 'application/json': { schema } } };
}

const sentence = 'What was wrong, what was given, what would be right.';

/** Adds what every success of the family carries to the output. */
function wrapped(output: JsonSchema, added: unknown): JsonSchema {
  const fields = Object.entries(added ?? {});
  if (fields.length === 0) return output;
  const properties = Object.fromEntries(fields.map(([name, value]) => [name, { const: value }]));
  return { allOf: [output, { type: 'object', properties, required: Object.keys(properties) }] };
}

/** The shape of a refusal with these codes. */
function refusal(family: Family, codes: readonly Code[]): JsonSchema {
  const seen = new Map<string, Set<unknown>>();
  for (const code of codes) {
    for (const [name, value] of Object.entries(family.refuse(new Failure(code, sentence)).body ?? {})) {
      seen.set(name, (seen.get(name) ?? new Set()).add(value));
    }
  }
  const properties = Object.fromEntries([...seen].map(([name, values]) => [name, form(values)]));
  return { type: 'object', properties, required: [...seen.keys()] };
}

function form(values: ReadonlySet<unknown>): JsonSchema {
  if (values.has(sentence)) return { type: 'string' };
  return values.size === 1 ? { const: [...values][0] } : { enum: [...values].sort() };
}
