import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FunctionPart } from '../parts.ts';
import { numberOr, objectOf, optionalNumber, optionalText } from './json.ts';
import type { Resolver, Resource } from './resolver.ts';
import { roleNameIn, statementsOf } from './statements.ts';

/**
 * The Lambda functions of all stacks, each with its bundle's folder, its environment and the permissions of its role.
 */
export function readFunctions(resolver: Resolver): readonly FunctionPart[] {
  return resolver.of('AWS::Lambda::Function').map((resource) => {
    const { properties } = resource;
    const role = roleNameIn(resolver.lenient(resource, properties.Role));
    const reserved = optionalNumber(properties.ReservedConcurrentExecutions);
    return {
      id: resource.id,
      codeDir: codeDir(resolver, resource),
      handler: optionalText(properties.Handler) ?? 'index.handler',
      environment: environment(resolver, resource),
      timeoutSeconds: numberOr(properties.Timeout, 3),
      memoryMb: numberOr(properties.MemorySize, 128),
      ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
      statements: statementsOf(resolver, role),
    };
  });
}

/** The function that an ARN (or an integration's URI with one) names; undefined if it names none. */
export function functionIdIn(text: unknown): string | undefined {
  return /:function:([A-Za-z0-9_-]+)/.exec(String(text))?.[1];
}

function environment(resolver: Resolver, resource: Resource): Readonly<Record<string, string>> {
  const variables = objectOf(objectOf(resource.properties.Environment).Variables);
  const sockets = resolver
    .of('AWS::ApiGatewayV2::Api')
    .filter(({ properties }) => properties.ProtocolType === 'WEBSOCKET');
  const entries = Object.entries(variables).map(([name, node]) => {
    try {
      return [name, withPostingPort(sockets, String(resolver.strict(resource, node)))] as const;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`The variable ${name} of the function ${resource.id} cannot be told here: ${why}`);
    }
  });
  return Object.fromEntries(entries);
}

/** The endpoint for posting to open sockets, for a function in the same process. */
export const POSTING_PORT = 'worker:connections';

/**
 * Recognized by its value, not its name: a variable with the URL of a socket API's `@connections` gets this process's
 * endpoint.
 */
function withPostingPort(sockets: readonly Resource[], value: string): string {
  const isPostingAddress = sockets.some(({ id }) => value.startsWith(`https://${id}.execute-api.`));
  return isPostingAddress ? POSTING_PORT : value;
}

function codeDir(resolver: Resolver, resource: Resource): string {
  const code = objectOf(resolver.lenient(resource, resource.properties.Code));
  const inline = optionalText(code.ZipFile);
  if (inline !== undefined) return inlineDir(inline);
  const key = optionalText(code.S3Key);
  const directory = key === undefined ? undefined : resource.stack.assetDir(key);
  if (directory === undefined) throw new Error(`The code of the function ${resource.id} is not in the cloud assembly.`);
  return directory;
}

/** Inline code is CommonJS by Lambda's rule. */
function inlineDir(code: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'inline-function-'));
  writeFileSync(path.join(directory, 'index.cjs'), code);
  return directory;
}
