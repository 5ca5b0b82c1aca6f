import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createAwsClient } from '../../functions/adapters/aws-request.ts';
import { createHttpGateway } from '../../functions/adapters/connections-http.ts';
import { createLog } from '../../functions/adapters/log.ts';
import { systemClock } from '../../functions/adapters/system.ts';
import type { Gateway } from '../../functions/core/ports.ts';

export interface SinkGateway {
  readonly gateway: Gateway;
  close(): Promise<unknown>;
}

/** The gateway of a deployment: it signs, and posts over HTTP to a thread that accepts everything. */
export async function openSinkGateway(): Promise<SinkGateway> {
  const sink = new Worker(new URL('../sink.ts', import.meta.url));
  const [port] = await once(sink, 'message');
  const client = createAwsClient({
    endpoint: new URL(`http://127.0.0.1:${port}/prod`),
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'secret', sessionToken: 'x'.repeat(800) },
    service: 'execute-api',
    timeoutMs: 5_000,
    patience: { attempts: 1, firstMs: 1, longestMs: 1 },
    pauses: { clock: systemClock, random: Math.random },
  });
  return { gateway: createHttpGateway(client, createLog()), close: () => sink.terminate() };
}
