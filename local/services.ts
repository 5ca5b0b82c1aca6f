import type { AsyncInvoke } from './async-invoke.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Log, silent } from './log.ts';
import type { Access, Assembly, Invoke, ServiceRequest, ServiceResponse } from './parts.ts';
import type { Queues } from './queues.ts';
import type { Schedules } from './schedules.ts';
import { decoded, json, readJsonBody, type Service, ServiceFailure } from './services/answers.ts';
import { createInvocations } from './services/invocations.ts';
import { createMail } from './services/mail.ts';
import { createOutbox, type Outbox } from './services/outbox.ts';
import { createParameters } from './services/parameters.ts';
import { createScheduler } from './services/scheduler.ts';
import { createSecrets } from './services/secrets.ts';
import { createTextMessages } from './services/text-messages.ts';

/** The path of each service; a function finds it by its endpoint variable. */
const bases = {
  AWS_ENDPOINT_URL_SQS: '/local/aws/sqs',
  AWS_ENDPOINT_URL_S3: '/local/s3',
  AWS_ENDPOINT_URL_SESV2: '/local/aws/ses',
  AWS_ENDPOINT_URL_SNS: '/local/aws/sns',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: '/local/aws/secretsmanager',
  AWS_ENDPOINT_URL_SSM: '/local/aws/ssm',
  AWS_ENDPOINT_URL_LAMBDA: '/local/aws/lambda',
  AWS_ENDPOINT_URL_SCHEDULER: '/local/aws/scheduler',
} as const;

/** Part of every function's environment: endpoints of all services except DynamoDB, which has its own port. */
export function endpoints(origin: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(bases).map(([variable, base]) => [variable, origin + base]));
}

/** Everything below `/local`, except the object store. */
export interface Services {
  readonly outbox: Outbox;
  handleLocal(request: ServiceRequest): Promise<ServiceResponse>;
  stop(): void;
}

export interface ServicesOptions {
  readonly assembly: Pick<Assembly, 'functions' | 'queues' | 'secrets'>;
  readonly access: Access;
  readonly invoke: Invoke;
  readonly invokeAsync: AsyncInvoke;
  readonly queues: Pick<Queues, 'handle' | 'send'>;
  readonly schedules: Pick<Schedules, 'runJob'>;
  /** Jobs of the runtime itself, by name; those of the template take precedence. */
  readonly ownJobs?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Values of SSM parameters by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The folder for secrets and one-time schedules; without it they are lost with the process. */
  readonly dataDir?: string;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** The outbox, jobs that are started by hand, and the AWS services that functions call over HTTP. */
export function createServices(options: ServicesOptions): Services {
  const { assembly, access, invoke, invokeAsync, queues, dataDir, clock = systemClock, log = silent } = options;
  const { functions } = assembly;
  const outbox = createOutbox(clock, log);
  const scheduler = createScheduler({
    access,
    functions,
    invokeAsync,
    queueArns: assembly.queues.map(({ arn }) => arn),
    send: (queueArn, body) => void queues.send(queueArn, { body }),
    clock,
    dataDir,
  });
  const sqs: Service = (request) => queues.handle(request);
  const services: readonly (readonly [base: string, service: Service])[] = [
    ['/local/outbox', (request) => showOutbox(outbox, request)],
    ['/local/jobs', (request, path) => runJob(options, request, path)],
    // Queue URLs of the template are endpoints, too, as on AWS.
    ['/local/sqs', sqs],
    [bases.AWS_ENDPOINT_URL_SQS, sqs],
    [bases.AWS_ENDPOINT_URL_SESV2, createMail(access, outbox)],
    [bases.AWS_ENDPOINT_URL_SNS, createTextMessages(access, outbox)],
    [bases.AWS_ENDPOINT_URL_SECRETS_MANAGER, createSecrets(access, assembly.secrets, clock, dataDir)],
    [bases.AWS_ENDPOINT_URL_SSM, createParameters(access, options.parameters ?? {})],
    [bases.AWS_ENDPOINT_URL_LAMBDA, createInvocations({ access, functions, invoke, invokeAsync })],
    [bases.AWS_ENDPOINT_URL_SCHEDULER, scheduler.service],
  ];

  return {
    outbox,
    async handleLocal(request) {
      for (const [base, service] of services) {
        const path = request.url.startsWith(base) ? request.url.slice(base.length) : undefined;
        if (path !== undefined && /^(?:[/?]|$)/.test(path)) return await service(request, path);
      }
      return json(404, { success: false, errorMessage: `There is no ${request.url} here.` });
    },
    stop: () => scheduler.stop(),
  };
}

function showOutbox(outbox: Outbox, { method, url }: ServiceRequest): ServiceResponse {
  if (method !== 'GET') return json(405, { success: false, errorMessage: 'The outbox can only be read.' });
  const address = new URL(url, 'http://localhost').searchParams.get('address');
  return json(200, outbox.list(address ?? undefined));
}

/** Runs a schedule of the template, or a job of the runtime itself, and waits for it. */
async function runJob(
  { schedules, ownJobs = {} }: ServicesOptions,
  { method, body }: ServiceRequest,
  path: string,
): Promise<ServiceResponse> {
  if (method !== 'POST') return json(405, { success: false, errorMessage: 'Jobs are run by POST.' });
  try {
    const name = decoded(path.replace(/^\//, '').replace(/\?.*$/, ''));
    const outcome = await schedules.runJob(name, readJsonBody(body));
    if (outcome?.ok) return json(200, { success: true });
    if (outcome) return json(500, { success: false, errorMessage: outcome.message });
    const own = Object.hasOwn(ownJobs, name) ? ownJobs[name] : undefined;
    if (!own) return json(404, { success: false, errorMessage: `There is no job ${name}.` });
    await own();
    return json(200, { success: true });
  } catch (error) {
    if (error instanceof ServiceFailure) return json(error.status, { success: false, errorMessage: error.message });
    throw error;
  }
}
