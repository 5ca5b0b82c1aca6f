import type { Assembly } from './parts.ts';
import { readFunctions } from './template/functions.ts';
import { readEdge, readFunctionUrls, readHttpApi, readSocketApi } from './template/gateways.ts';
import { readEventSources, readQueues, readSchedules } from './template/messaging.ts';
import { createResolver } from './template/resolver.ts';
import { readStacks } from './template/stacks.ts';
import { readBuckets, readSecrets, readTables } from './template/storage.ts';

/**
 * Reads a cloud assembly (a `cdk.out` folder): all its stacks, including those of nested assemblies, with references
 * resolved across them. `origin` is the URL of the local runtime, e.g. `http://localhost:4000`.
 * @throws Error naming the logical id of anything that cannot run here, because that is better at start than during a
 * game
 */
export function readAssembly(directory: string, origin: string): Assembly {
  const resolver = createResolver(readStacks(directory), origin);
  const edge = readEdge(resolver);
  return {
    functions: readFunctions(resolver),
    queues: readQueues(resolver),
    eventSources: readEventSources(resolver),
    tables: readTables(resolver),
    buckets: readBuckets(resolver),
    schedules: readSchedules(resolver),
    secrets: readSecrets(resolver),
    httpApi: readHttpApi(resolver),
    socketApi: readSocketApi(resolver),
    functionUrls: readFunctionUrls(resolver),
    ...(edge === undefined ? {} : { edge }),
  };
}
