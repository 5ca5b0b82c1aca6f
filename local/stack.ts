import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAsyncInvoke } from './async-invoke.ts';
import { systemClock } from './clock.ts';
import { startDynamoDb } from './dynamodb.ts';
import { startDynamoDbProxy, type TableCall } from './dynamodb-proxy.ts';
import { createGateway, type GatewayOptions } from './gateway/gateway.ts';
import type { Door } from './gateway/server.ts';
import { openSocketBook } from './gateway/socket-book.ts';
import { createAccess } from './iam.ts';
import { createLambda } from './lambda/lambda.ts';
import { platformVariables } from './lambda/platform.ts';
import { serveHere } from './local-requests.ts';
import type { Log } from './log.ts';
import { createObjectStore } from './objects/object-store.ts';
import type { Assembly, Chaos, FunctionPart } from './parts.ts';
import { createQueues } from './queues.ts';
import { startSchedules } from './schedules.ts';
import { createServices, endpoints } from './services.ts';
import { overlaid, type Values } from './settings.ts';
import { startStreams } from './streams.ts';
import { functionIdIn, POSTING_PORT } from './template/functions.ts';

export interface StackOptions {
  readonly assembly: Assembly;
  readonly door: Door;
  /** The URL of the local server, e.g. `http://localhost:4000`. */
  readonly origin: string;
  readonly settings: Values;
  /** The folder for everything that outlives the process; without it nothing does. */
  readonly dataDir?: string;
  /** Folder for compiled code. */
  readonly compileCache: string;
  /** The folder of a function's code. @default in the assembly */
  codeDir?(part: FunctionPart): string;
  readonly chaos?: Chaos;
  readonly log: Log;
}

/** All parts of the local runtime, running and connected. */
export interface Stack {
  /** Runs the current bundles of these functions from the next event on. */
  replace(functionIds: readonly string[]): void;
  /** Starts an environment of each function before it is needed. */
  warm(): Promise<void>;
  /** Runs the schedule whose input names this job; undefined if there is none. */
  runJob(name: string): Promise<unknown> | undefined;
  stop(): Promise<void>;
}

/** The time limit for each step of stopping. */
const PATIENCE_MS = 3_000;
/** Under chaos, which makes many messages fail, a queue retries a failed message after this time, ms. */
const CHAOS_RETRY_MS = 500;
/** Calls that change a table, and so its stream. */
const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)Item/;

/** Starts everything that the assembly names. @throws Error for what cannot be started */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { assembly, door, origin, settings, dataDir, chaos, log } = options;
  const troubled = chaos === undefined ? {} : { chaos };
  const kept = dataDir === undefined ? {} : { dataDir };
  const engine = settings.DYNAMODB_ENDPOINT;
  const dynamoDb = await startDynamoDb({
    tables: assembly.tables,
    ...(engine === undefined ? kept : { endpoint: engine }),
    log,
  });
  const access = createAccess(assembly.functions);
  const proxy = await startDynamoDbProxy({
    endpoint: dynamoDb.endpoint,
    access,
    onCall: (call) => tellStreams(call),
    log,
  });
  const services: Readonly<Record<string, string>> = {
    ...endpoints(origin),
    AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
  };
  const lambda = createLambda({
    functions: assembly.functions,
    variables: (part) => ({
      ...platformVariables(part, access.principalOf(part.id)),
      ...services,
      ...overlaid(part, settings),
    }),
    connections: (part) =>
      Object.values(part.environment).includes(POSTING_PORT)
        ? gateway.postingPort(part.id, access.principalOf(part.id).accessKeyId)
        : undefined,
    ...(options.codeDir === undefined ? {} : { codeDir: options.codeDir }),
    compileCache: options.compileCache,
    ...troubled,
    log,
  });
  const { invoke } = lambda;
  const invokeAsync = createAsyncInvoke(invoke, systemClock, log, chaos);
  const queues = createQueues({
    queues: assembly.queues,
    eventSources: assembly.eventSources,
    invoke,
    access,
    ...kept,
    ...troubled,
    ...(chaos === undefined ? {} : { retrySoonMs: CHAOS_RETRY_MS }),
    log,
  });
  const book = dataDir === undefined ? undefined : openSocketBook(path.join(dataDir, 'sockets.jsonl'));
  const gateway = createGateway({
    assembly,
    domainName: new URL(origin).host,
    invoke,
    access,
    send: (queueArn, message) => void queues.send(queueArn, message),
    ...limits(settings),
    book,
    ...troubled,
    log,
  });
  const streams = startStreams({
    client: dynamoDb.client,
    tables: assembly.tables,
    eventSources: assembly.eventSources,
    invoke,
    sendToQueue: (queueArn, body) => void queues.send(queueArn, { body }),
    expired: dynamoDb.expiry.removed,
    ...kept,
    ...troubled,
    log,
  });
  const objectsDir = dataDir === undefined ? mkdtempSync(path.join(tmpdir(), 'chorus-objects-')) : undefined;
  const objects = createObjectStore({
    buckets: assembly.buckets,
    access,
    dir: objectsDir ?? path.join(`${dataDir}`, 'objects'),
    notify: (targetArn, event) => {
      const functionId = functionIdIn(targetArn);
      if (functionId === undefined) queues.send(targetArn, { body: JSON.stringify(event) });
      else invokeAsync(functionId, event);
    },
    log,
  });
  const schedules = startSchedules({ schedules: assembly.schedules, invoke, invokeAsync });
  const local = createServices({
    assembly,
    access,
    invoke,
    invokeAsync,
    queues,
    schedules,
    ownJobs: {
      'expire-items': () => dynamoDb.expiry.sweep(Date.now()),
      'expire-objects': () => objects.sweep(),
    },
    ...kept,
    log,
  });

  function tellStreams({ operation, resources }: TableCall): void {
    if (!WRITES.test(operation)) return;
    for (const resource of resources) streams.written(resource.split('/')[1] ?? '');
  }

  async function request(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    if (url.startsWith('/local/s3/')) return objects.handle(incoming, response);
    if (url.startsWith('/local/')) return serveHere(incoming, response, local.handleLocal);
    return gateway.request(incoming, response);
  }
  door.open({ request, upgrade: gateway.upgrade });

  return {
    replace: lambda.replace,
    warm: lambda.warm,
    runJob: (name) => schedules.runJob(name, {}),
    async stop() {
      schedules.stop();
      local.stop();
      await patiently(gateway.stop());
      // The last frames of sockets, and their `$disconnect` events, are still processed.
      await patiently(queues.drained());
      book?.crossOutAll();
      await patiently(Promise.all([queues.stop(), streams.stop(), invokeAsync.stop()]));
      await lambda.stop();
      await proxy.stop();
      await dynamoDb.stop();
      if (objectsDir !== undefined) rmSync(objectsDir, { recursive: true, force: true });
    },
  };
}

function limits(settings: Values): Pick<GatewayOptions, 'idleMs' | 'lifetimeMs' | 'refuseLargeFrames'> {
  const { CHORUS_IDLE_MS, CHORUS_LIFETIME_MS, CHORUS_REFUSE_LARGE_FRAMES } = settings;
  return {
    ...(CHORUS_IDLE_MS ? { idleMs: Number(CHORUS_IDLE_MS) } : {}),
    ...(CHORUS_LIFETIME_MS ? { lifetimeMs: Number(CHORUS_LIFETIME_MS) } : {}),
    refuseLargeFrames: CHORUS_REFUSE_LARGE_FRAMES === 'true',
  };
}

/** Waits for a limited time, because stopping must end. */
async function patiently(work: Promise<unknown>): Promise<void> {
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE_MS);
  await Promise.race([work, enough]);
  clearTimeout(timer);
}
