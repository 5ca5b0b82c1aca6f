import type { AwsClientSettings } from '../../functions/adapters/aws-request.ts';
import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createFiles } from '../../functions/adapters/files.ts';
import type { Clock, Files } from '../../functions/core/ports.ts';

/** The real adapter, for a bucket at this address. */
export function filesAt(endpoint: URL, clock: Clock, credentials: AwsClientSettings['credentials']): Files {
  const pauses = { clock, random: Math.random };
  const patience = { attempts: 2, firstMs: 10, longestMs: 10 };
  return createFiles(
    createAwsClient({ endpoint, region: 'us-east-1', credentials, service: 's3', timeoutMs: 5_000, patience, pauses }),
  );
}

/** For a deployment whose bucket is never called: signatures are computed, and nothing is sent. */
export function unreachableFiles(clock: Clock): Files {
  return filesAt(new URL('https://files.example.com'), clock, { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' });
}
