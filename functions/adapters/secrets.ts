import { Failure } from '../core/errors.ts';
import type { Secrets } from '../core/ports.ts';
import { type AwsClient, callJson } from './aws-request.ts';

const protocol = { version: '1.1', prefix: 'secretsmanager' } as const;
const leastBytes = 32;

/** The `Secrets` port over Secrets Manager. Fetched once per cold start; a failed fetch is tried again by the next caller. */
export function createSecrets(client: AwsClient, arn: string): Secrets {
  let fetched: Promise<Uint8Array> | undefined;
  return {
    server() {
      fetched ??= fetchSecret(client, arn).catch((error: unknown) => {
        fetched = undefined;
        throw error;
      });
      return fetched;
    },
  };
}

async function fetchSecret(client: AwsClient, arn: string): Promise<Uint8Array> {
  const { SecretString: text, SecretBinary: base64 } = await callJson(client, protocol, 'GetSecretValue', {
    SecretId: arn,
  });
  const secret = typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64 ?? ''), 'base64');
  if (secret.length < leastBytes) {
    throw new Failure(
      'not_configured',
      `The secret ${arn} has ${secret.length} bytes; it needs ${leastBytes} or more.`,
    );
  }
  return new Uint8Array(secret);
}
