import app from '../../app/app.config.ts';
import { callees, ENV, type Env, type EnvName, requireEnv, workers } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import { lazily } from '../core/lazily.ts';
import { noLimits } from '../core/limits.ts';
import type { Gateway, Ports } from '../core/ports.ts';
import { readSettings } from '../core/settings.ts';
import { type AwsEnvironment, awsEnvironment, type Service, services } from './aws-environment.ts';
import { type AwsClient, createAwsClient } from './aws-request.ts';
import type { Patience } from './back-off.ts';
import { createBlobs } from './blobs.ts';
import { createHttpGateway } from './connections-http.ts';
import { createWorkerGateway } from './connections-worker.ts';
import { createDynamoDb } from './dynamodb-client.ts';
import { createTable } from './dynamodb-table.ts';
import { createFanOut } from './fan-out.ts';
import { createFiles } from './files.ts';
import { createFunctions } from './functions.ts';
import { createLane } from './lane.ts';
import { createLog } from './log.ts';
import { createOutbound } from './outbound.ts';
import { createOutbox } from './outbox.ts';
import { createReminders } from './reminders.ts';
import { resolveBy, resolveBySystem } from './resolver.ts';
import { createSecrets } from './secrets.ts';
import { systemClock, systemIds } from './system.ts';

let ports: Ports | undefined;

/** The real ports of this function, built once per cold start. @throws Error that names an invalid setting */
export function runtime(): Ports {
  ports ??= createRuntime(process.env, workerData);
  return ports;
}

/** The data that the local runtime passes to its workers. On AWS this is never called, so the module is not loaded. */
const workerData = (): unknown => process.getBuiltinModule('node:worker_threads').workerData;

/**
 * The only place that chooses implementations. Settings are read at once, so that an invalid one stops the start. Each
 * port is built on first use, so that a function needs only the environment variables of the ports it uses.
 * @param handed returns the data from a runtime in the same process: `connections`, a message port to the sockets
 */
export function createRuntime(env: Env, handed: () => unknown): Ports {
  const settings = readSettings(env);
  const log = createLog();
  const aws = lazily(() => awsEnvironment(env));
  const dynamoDb = lazily(() => createDynamoDb(clientOf(aws(), 'dynamodb', calls.dynamodb)));
  const sqs = lazily(() => clientOf(aws(), 'sqs', calls.sqs));
  const table = (name: EnvName) => lazily(() => createTable(dynamoDb(), requireEnv(env, name)));

  const made = {
    table: table(ENV.tableName),
    connections: table(ENV.connectionsTableName),
    blobs: lazily(() => createBlobs(bucketClient(aws(), requireEnv(env, ENV.blobsBucket)))),
    files: lazily(() => createFiles(bucketClient(aws(), requireEnv(env, ENV.filesBucket)))),
    gateway: lazily(() => gatewayAt(requireEnv(env, ENV.socketEndpoint), handed, aws, log)),
    fanOut: lazily(() => createFanOut(sqs(), requireEnv(env, ENV.fanOutUrl))),
    deliveries: lazily(() => createFanOut(sqs(), requireEnv(env, ENV.deliveriesUrl))),
    reminders: lazily(() =>
      createReminders(
        { sqs: sqs(), scheduler: lazily(() => clientOf(aws(), 'scheduler', calls.scheduler)) },
        {
          queueUrl: requireEnv(env, ENV.remindersUrl),
          queueArn: requireEnv(env, ENV.remindersArn),
          group: requireEnv(env, ENV.remindersGroup),
          roleArn: requireEnv(env, ENV.remindersRoleArn),
        },
        systemClock,
        systemIds,
      ),
    ),
    lane: lazily(() => createLane(sqs(), requireEnv(env, ENV.laneUrl), systemClock, systemIds)),
    functions: lazily(() =>
      createFunctions(clientOf(aws(), 'lambda', calls.functions), (callee) =>
        requireEnv(env, { ...callees, ...workers }[callee]),
      ),
    ),
    outbound: lazily(() => {
      const servers = env[ENV.dnsServers];
      return createOutbound({
        resolve: servers ? resolveBy(servers) : resolveBySystem,
        allowHosts: new Set((env[ENV.outboundAllowHosts] ?? '').toLowerCase().split(/[\s,]+/)),
      });
    }),
    outbox: lazily(() => {
      const from = env[ENV.mailFrom];
      const sender = env[ENV.smsSender];
      return createOutbox(
        from ? { ses: clientOf(aws(), 'ses', calls.messages), from } : undefined,
        sender ? { sns: clientOf(aws(), 'sns', calls.messages), sender } : undefined,
      );
    }),
    secrets: lazily(() =>
      createSecrets(clientOf(aws(), 'secretsManager', calls.messages), {
        get server() {
          return requireEnv(env, ENV.serverSecretArn);
        },
        edge: env[ENV.edgeSecretArn],
      }),
    ),
  };

  return {
    clock: systemClock,
    ids: systemIds,
    log,
    settings,
    app,
    limits: noLimits,
    get table() {
      return made.table();
    },
    get connections() {
      return made.connections();
    },
    get blobs() {
      return made.blobs();
    },
    get files() {
      return made.files();
    },
    get gateway() {
      return made.gateway();
    },
    get fanOut() {
      return made.fanOut();
    },
    get deliveries() {
      return made.deliveries();
    },
    get reminders() {
      return made.reminders();
    },
    get lane() {
      return made.lane();
    },
    get functions() {
      return made.functions();
    },
    get outbound() {
      return made.outbound();
    },
    get outbox() {
      return made.outbox();
    },
    get secrets() {
      return made.secrets();
    },
  };
}

interface Manner {
  readonly timeoutMs: number;
  readonly patience: Patience;
}

/** Timeout and attempts of each kind of call. The lane's function has ten seconds for everything. */
const calls = {
  dynamodb: { timeoutMs: 2_500, patience: { attempts: 6, firstMs: 25, longestMs: 1_000 } },
  s3: { timeoutMs: 5_000, patience: { attempts: 4, firstMs: 50, longestMs: 1_000 } },
  sqs: { timeoutMs: 3_000, patience: { attempts: 4, firstMs: 50, longestMs: 1_000 } },
  scheduler: { timeoutMs: 3_000, patience: { attempts: 4, firstMs: 50, longestMs: 1_000 } },
  /** Short, because a slow reader must not delay the other recipients. */
  posts: { timeoutMs: 3_000, patience: { attempts: 4, firstMs: 25, longestMs: 200 } },
  /** As long as the client may wait: the function itself answers when it takes too long. */
  functions: { timeoutMs: 28_500, patience: { attempts: 3, firstMs: 100, longestMs: 500 } },
  messages: { timeoutMs: 5_000, patience: { attempts: 3, firstMs: 100, longestMs: 1_000 } },
} as const satisfies Record<string, Manner>;

const pauses = { clock: systemClock, random: Math.random };

function clientOf(aws: AwsEnvironment, service: Service, manner: Manner): AwsClient {
  const { region, credentials } = aws;
  const endpoint = aws.endpoint(service);
  return createAwsClient({ endpoint, region, credentials, service: services[service].signedAs, pauses, ...manner });
}

function bucketClient(aws: AwsEnvironment, bucket: string): AwsClient {
  const { region, credentials } = aws;
  return createAwsClient({ endpoint: aws.bucket(bucket), region, credentials, service: 's3', pauses, ...calls.s3 });
}

/** `https:` is API Gateway; `worker:` is a runtime in the same process, which passes a message port to the sockets. */
function gatewayAt(address: string, handed: () => unknown, aws: () => AwsEnvironment, log: Ports['log']): Gateway {
  const endpoint = new URL(address);
  if (endpoint.protocol === 'worker:') return createWorkerGateway(portIn(handed()));
  const { region, credentials } = aws();
  return createHttpGateway(
    createAwsClient({ endpoint, region, credentials, service: 'execute-api', pauses, ...calls.posts }),
    log,
  );
}

function portIn(handed: unknown) {
  const port =
    typeof handed === 'object' && handed !== null && 'connections' in handed ? handed.connections : undefined;
  if (port instanceof MessagePort) return port;
  throw new Failure(
    'not_configured',
    `The setting ${ENV.socketEndpoint} names a worker's port, and none was handed over.`,
  );
}
