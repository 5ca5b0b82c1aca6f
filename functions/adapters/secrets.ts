import { Failure } from '../core/errors.ts';
import type { Secrets } from '../core/ports.ts';
import { type AwsClient, callJson } from './aws-request.ts';

const protocol = { version: '1.1', prefix: 'secretsmanager' } as const;
const leastBytes = 32;

/** Where the secrets are kept; `edge` only where our own edge stands before the functions. */
export interface SecretArns {
  readonly server: string;
  readonly edge?: string | undefined;
}

/** The `Secrets` port over Secrets Manager. */
export function createSecrets(client: AwsClient, { server, edge }: SecretArns): Secrets {
  return {
    server: kept(() => fetchSecret(client, server)),
    ...(edge === undefined ? {} : { edge: kept(() => fetchSecret(client, edge)) }),
  };
}

/** Fetched once per cold start; a failed fetch is tried again by the next caller. */
function kept(fetch: () => Promise<Uint8Array>): () => Promise<Uint8Array> {
  let fetched: Promise<Uint8Array> | undefined;
  return () => {
    fetched ??= fetch().catch((error: unknown) => {
      fetched = undefined;
      throw error;
    });
    return fetched;
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
