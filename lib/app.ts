import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { App } from 'aws-cdk-lib/core';
import type { ChorusDataProps } from './chorus-data.ts';
import type { ChorusProps } from './chorus-props.ts';
import { ChorusStack } from './chorus-stack.ts';
import { DataStack } from './data-stack.ts';

/** Settings under `chorus` in the context: all props that can be written as JSON. */
type AppSettings = Omit<ChorusProps, 'data' | 'certificate' | 'alarmTopic'> &
  Omit<ChorusDataProps, 'removal'> & {
    /**
     * Name of the stack; that of the data ends in `Data`. Another name is another deployment.
     * @default Chorus
     */
    readonly name?: string;
    /**
     * ARN of the certificate for `domainName`, issued in us-east-1.
     * @default - CloudFront's own
     */
    readonly certificateArn?: string;
  };

/** All settings, so that a misspelled one is an error instead of silently deploying the default. */
const known: Readonly<Record<keyof AppSettings, true>> = {
  name: true,
  removal: true,
  existingTable: true,
  replicas: true,
  environment: true,
  requireSignIn: true,
  anonymous: true,
  accountOrigins: true,
  apiOrigins: true,
  requireOrigin: true,
  authIssuers: true,
  clerk: true,
  openAi: true,
  fireworks: true,
  webAuthn: true,
  privo: true,
  superUserAddresses: true,
  adminAddresses: true,
  adminTokenArn: true,
  addressRules: true,
  frontendOrigin: true,
  mailFrom: true,
  smsSender: true,
  outboundAllowHosts: true,
  dnsServers: true,
  rooms: true,
  branches: true,
  serverId: true,
  peers: true,
  nodes: true,
  instances: true,
  publicInsts: true,
  rateLimit: true,
  frameRateLimit: true,
  httpThrottle: true,
  socketThrottle: true,
  edge: true,
  domainName: true,
  certificateArn: true,
  logRetention: true,
  socketAccessLogs: true,
  tracing: true,
  alarmEmail: true,
  runbookUrl: true,
};

/**
 * What `cdk deploy` deploys and `npm start` runs: two stacks, settings from `chorus` in cdk.json's context or from `-c
 * chorus='{"mailFrom": …}'`. The functions must have been bundled. With `outdir`, the cloud assembly is written there
 * for a program that reads the templates at once, without the library's own validation, which takes seconds. Without
 * it, the validated assembly goes where the CDK CLI expects it.
 */
export function createApp(outdir?: string): App {
  const app = new App({
    outdir,
    context: projectContext(),
    analyticsReporting: false,
    builtinCloudFormationValidation: outdir === undefined,
  });
  const { name = 'Chorus', removal, existingTable, replicas, certificateArn, ...props } = readSettings(app);
  // Templates fit any region, unless one of them has to tell its own from others.
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const env = replicas === undefined ? undefined : { account, region };
  const stateful = new DataStack(app, `${name}Data`, { env, removal, existingTable, replicas });
  const certificate =
    certificateArn === undefined ? undefined : Certificate.fromCertificateArn(stateful, 'Certificate', certificateArn);
  new ChorusStack(app, name, { env, chorus: { ...props, certificate, data: stateful.data } });
  return app;
}

/**
 * The context of cdk.json. The CDK CLI passes it itself; a program that makes the app in its own process gets it from
 * here.
 */
function projectContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, '../cdk.json'), 'utf8')).context;
}

function readSettings(app: App): AppSettings {
  const given: unknown = app.node.tryGetContext('chorus') ?? {};
  const settings: unknown = typeof given === 'string' ? parse(given) : given;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new Error('Chorus: the context "chorus" must be an object.');
  }
  for (const name of Object.keys(settings)) {
    if (!Object.hasOwn(known, name)) {
      throw new Error(`Chorus: there is no setting "${name}"; there are ${Object.keys(known).join(', ')}.`);
    }
  }
  return settings; // the values are checked where they are used
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Chorus: the context "chorus" must be JSON; it is ${text}.`);
  }
}
