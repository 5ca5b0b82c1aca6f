import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createBlobs } from '../../functions/adapters/blobs.ts';
import { systemClock } from '../../functions/adapters/system.ts';
import type { Blobs } from '../../functions/core/ports.ts';
import type { Statement } from '../../local/parts.ts';
import { bucket, type ObjectsWorld, objectsWorld } from '../local/objects-world.ts';
import { rememberingBlobs } from '../support/remembering-ports.ts';
import { type Service, startService } from '../support/service.ts';
import { blobsSuite } from '../support/suites/blobs-suite.ts';

const allowed: readonly Statement[] = [
  {
    effect: 'Allow',
    actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
    resources: ['arn:aws:s3:::big.values/*'],
  },
  { effect: 'Allow', actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::big.values'] },
];

let world: ObjectsWorld;
let blobs: Blobs;
beforeAll(async () => {
  world = await objectsWorld([bucket('big.values')], { writer: allowed });
  const credentials = await world.client().config.credentials();
  const client = createAwsClient({
    endpoint: new URL(world.endpoint),
    region: 'us-east-1',
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: 'session',
    },
    service: 's3',
    timeoutMs: 10_000,
    patience: { attempts: 1, firstMs: 1, longestMs: 1 },
    pauses: { clock: systemClock, random: Math.random },
  });
  blobs = createBlobs(client, 'big.values');
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.stop();
});

blobsSuite('the object store', () => blobs);
const remembered = rememberingBlobs();
blobsSuite('what tests remember', () => remembered);

describe('a blob in S3', () => {
  let service: Service;
  afterEach(() => service?.close());

  it('is tried again when S3 is busy', async () => {
    service = await startService((_, count) => (count === 0 ? { status: 503 } : { body: 'text' }));
    expect(await createBlobs(service.client({ service: 's3' }), 'b').get('n')).toBe('text');
    expect(service.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /b/n', 'GET /b/n']);
  });

  it('is not taken for missing where it must not be read', async () => {
    service = await startService(() => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }));
    const denied = createBlobs(service.client({ service: 's3' }), 'b').get('n');
    await expect(denied).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  it('has no name that signatures spell differently', async () => {
    for (const name of ['a b', 'ä', 'a=b', '']) await expect(blobs.put(name, '')).rejects.toThrow(TypeError);
  });
});
