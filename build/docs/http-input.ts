import { isInQuery, isSaidByPath, saysNothing } from '../../functions/core/contract.ts';
import { type Components, placeOf } from './components.ts';
import type { Field, JsonSchema } from './json-schema.ts';
import { fieldsOf, wireSchema } from './json-schema.ts';
import type { Named } from './operations.ts';

/** The place of an operation's input in a request: variables of the path, the query of a GET, else a JSON body. */

/** @throws Error for a GET whose input is not a flat object of fields */
export function parametersOf(named: Named): readonly JsonSchema[] {
  const { http } = named.operation;
  if (!http) return [];
  const variables = variablesOf(http.path);
  const shown = isInQuery(named.operation) ? fields(named) : fields(named).filter(([name]) => variables.has(name));
  return shown.map(([name, { schema, required }]) => {
    const { description, ...rest } = schema;
    const isInPath = variables.has(name);
    const header = http.headers?.[name];
    return {
      name: header ?? name,
      in: isInPath ? 'path' : header === undefined ? 'query' : 'header',
      required: isInPath || required,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

export function bodyOf(named: Named, components: Components): JsonSchema | undefined {
  const { http, input } = named.operation;
  if (!http || isInQuery(named.operation) || saysNothing(input) || isSaidByPath(named.operation)) return undefined;
  const variables = variablesOf(http.path);
  const schema = variables.size === 0 ? components.input(named) : without(variables, named);
  return { required: true, content: { 'application/json': { schema } } };
}

function variablesOf(path: string): ReadonlySet<string> {
  return new Set([...path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name]) => name ?? []));
}

function without(variables: ReadonlySet<string>, named: Named): JsonSchema {
  const rest = fields(named).filter(([name]) => !variables.has(name));
  const required = rest.filter(([, field]) => field.required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(rest.map(([name, { schema }]) => [name, schema])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function fields({ name, operation }: Named): readonly (readonly [string, Field])[] {
  if (saysNothing(operation.input)) return [];
  const found = fieldsOf(wireSchema(operation.input, { target: 'draft-2020-12', at: placeOf(`${name}.input`) }));
  if (!found) throw new Error(`${name}: an input that a path or query carries has to be an object of fields.`);
  return [...found];
}
