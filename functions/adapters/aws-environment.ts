import type { Env } from '../core/env.ts';
import { Failure } from '../core/errors.ts';
import type { Credentials } from './aws-signature.ts';

/**
 * The AWS services that we call, each with its name in endpoint variables, the first label of its host, and its name in
 * signatures.
 */
export const services = {
  dynamodb: { variable: 'DYNAMODB', host: 'dynamodb', signedAs: 'dynamodb' },
  s3: { variable: 'S3', host: 's3', signedAs: 's3' },
  sqs: { variable: 'SQS', host: 'sqs', signedAs: 'sqs' },
  ses: { variable: 'SESV2', host: 'email', signedAs: 'ses' },
  sns: { variable: 'SNS', host: 'sns', signedAs: 'sns' },
  lambda: { variable: 'LAMBDA', host: 'lambda', signedAs: 'lambda' },
  scheduler: { variable: 'SCHEDULER', host: 'scheduler', signedAs: 'scheduler' },
  secretsManager: { variable: 'SECRETS_MANAGER', host: 'secretsmanager', signedAs: 'secretsmanager' },
} as const;

export type Service = keyof typeof services;

/** AWS's endpoints, region and our credentials, from the environment variables that every AWS SDK reads. */
export interface AwsEnvironment {
  readonly region: string;
  readonly credentials: Credentials;
  /** `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`, else the region's own. */
  endpoint(service: Service): URL;
  /** The URL of a bucket: its own host, or a path below a configured endpoint. */
  bucket(name: string): URL;
}

/** @throws Failure `not_configured` naming the variable */
export function awsEnvironment(env: Env): AwsEnvironment {
  const region = required(env, 'AWS_REGION');
  const sessionToken = env.AWS_SESSION_TOKEN;
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const given = (variable: string) => env[`AWS_ENDPOINT_URL_${variable}`] || env.AWS_ENDPOINT_URL;
  return {
    region,
    credentials: {
      accessKeyId: required(env, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: required(env, 'AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken ? { sessionToken } : {}),
    },
    endpoint(service) {
      const { variable, host } = services[service];
      return new URL(given(variable) || `https://${host}.${region}.${domain}`);
    },
    bucket(name) {
      const { variable, host } = services.s3;
      const endpoint = given(variable);
      return new URL(endpoint ? `${endpoint}/${name}` : `https://${name}.${host}.${region}.${domain}`);
    },
  };
}

function required(env: Env, name: string): string {
  const value = env[name];
  if (!value) throw new Failure('not_configured', `The setting ${name} is missing.`);
  return value;
}
