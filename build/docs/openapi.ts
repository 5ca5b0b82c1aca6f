import { callProcedurePath } from '../../functions/http/call-procedure.ts';
import { familyOf } from '../../functions/wire/families.ts';
import { answers, codesOf } from './answers.ts';
import { Components, sorted } from './components.ts';
import { bodyOf, parametersOf } from './http-input.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Named, Registry } from './operations.ts';
import { operationsOf } from './operations.ts';
import { procedureCall } from './procedures.ts';
import { permissionNote, securityOf, securitySchemes } from './security.ts';

/** All operations over HTTP, as an OpenAPI 3.1 document: by path, and by name through `callProcedure`. */
export function openApi(registry: Registry, version: string): JsonSchema {
  const components = new Components();
  const all = operationsOf(registry).filter(({ operation }) => operation.http || operation.procedure);
  const paths = new Map<string, JsonSchema>();
  for (const named of all) {
    const { http } = named.operation;
    if (http)
      paths.set(http.path, { ...paths.get(http.path), [http.method.toLowerCase()]: request(named, components) });
  }
  const procedures = all.filter(({ operation }) => operation.procedure);
  if (procedures.length > 0) paths.set(callProcedurePath, { post: procedureCall(procedures, components) });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chorus over HTTP',
      version,
      summary: 'One serverless backend for multiplayer and collaborative apps.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://localhost:4000', description: 'npm start' }],
    tags: [...new Set(all.map(({ capability }) => capability))].map((name) => ({ name })),
    paths: sorted(paths),
    components: { ...components.all(), securitySchemes },
  };
}

function request(named: Named, components: Components): JsonSchema {
  const { name, capability, operation } = named;
  const family = familyOf(operation.http?.path ?? '/');
  const note = permissionNote(operation.access);
  const parameters = parametersOf(named);
  const requestBody = bodyOf(named, components);
  return {
    operationId: name,
    tags: [capability],
    summary: operation.summary,
    ...(note === undefined ? {} : { description: note }),
    security: securityOf(operation.access),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody ? { requestBody } : {}),
    responses: answers(
      components,
      family,
      components.output(named),
      codesOf(operation, family),
      operation.http?.status,
    ),
  };
}
