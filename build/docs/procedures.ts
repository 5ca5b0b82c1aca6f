import * as z from 'zod/mini';
import { saysNothing } from '../../functions/core/contract.ts';
import { callProcedurePath } from '../../functions/http/call-procedure.ts';
import { familyOf } from '../../functions/wire/families.ts';
import { answers, codesOf } from './answers.ts';
import type { Components } from './components.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Named } from './operations.ts';

/** The path that calls every procedure by its name: `{"procedure": name, "input": …}`. */
export function procedureCall(procedures: readonly Named[], components: Components): JsonSchema {
  const family = familyOf(callProcedurePath);
  const calls = procedures
    .map((named) => callOf(named, components))
    .sort((a, b) => (a.procedure < b.procedure ? -1 : 1));
  const outputs = new Map(procedures.map((named) => [named.name, components.output(named)]));
  const codes = procedures.flatMap(({ operation }) => codesOf(operation, family));
  return {
    operationId: 'callProcedure',
    summary:
      'Call a procedure by its name. What it takes, who may call and what it answers is the same as at its path.',
    security: [{}, { session: [] }, { apiKey: [] }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { oneOf: calls.map(({ schema }) => schema) } } },
    },
    responses: answers(components, family, { anyOf: [...outputs.values()] }, [...codes, 'not_found']),
  };
}

function callOf(named: Named, components: Components): { readonly procedure: string; readonly schema: JsonSchema } {
  const { operation } = named;
  const procedure = operation.procedure?.name ?? '';
  const takesNothing = saysNothing(operation.input);
  const isNeeded = !z.safeParse(operation.input, {}).success;
  return {
    procedure,
    schema: {
      type: 'object',
      description: operation.summary,
      properties: { procedure: { const: procedure }, ...(takesNothing ? {} : { input: components.input(named) }) },
      required: ['procedure', ...(isNeeded ? ['input'] : [])],
    },
  };
}
