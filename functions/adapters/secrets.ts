import { Failure } from '../core/errors.ts';
import type { Secrets } from '../core/ports.ts';
import { type AwsClient, callJson } from './aws-request.ts';

const protocol = { version: '1.1', prefix: 'secretsmanager' } as const;
const leastBytes = 32;

/** ARNs of the secrets; `edge` only behind our own edge. */
export interface SecretArns {
  readonly server: string;
  readonly edge?: string | undefined;
}

/** The `Secrets` port over Secrets Manager. */
export function createSecrets(client: AwsClient, arns: SecretArns): Secrets {
  const { edge } = arns;
  const named = new Map<string, () => Promise<Uint8Array>>();
  return {
    // Not every function that reads secrets has this one's ARN.
    server: kept(async () => fetchOwn(client, arns.server)),
    ...(edge === undefined ? {} : { edge: kept(() => fetchOwn(client, edge)) }),
    async named(arn) {
      const known = named.get(arn) ?? kept(() => fetchSecret(client, arn));
      named.set(arn, known);
      return Buffer.from(await known()).toString();
    },
  };
}

/** Fetched once per cold start; after a failure the next caller fetches again. */
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

/** Fetches a secret that we generated, and checks that it is long enough to derive others from it. */
async function fetchOwn(client: AwsClient, arn: string): Promise<Uint8Array> {
  const secret = await fetchSecret(client, arn);
  if (secret.length >= leastBytes) return secret;
  throw new Failure('not_configured', `The secret ${arn} has ${secret.length} bytes; it needs ${leastBytes} or more.`);
}

async function fetchSecret(client: AwsClient, arn: string): Promise<Uint8Array> {
  const { SecretString: text, SecretBinary: base64 } = await callJson(client, protocol, 'GetSecretValue', {
    SecretId: arn,
  });
  const secret = typeof text === 'string' ? Buffer.from(text) : Buffer.from(String(base64 ?? ''), 'base64');
  return new Uint8Array(secret);
}
