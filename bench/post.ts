import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { createAwsClient } from '../functions/adapters/aws-request.ts';
import { createHttpGateway } from '../functions/adapters/connections-http.ts';
import { createLog } from '../functions/adapters/log.ts';
import { systemClock } from '../functions/adapters/system.ts';
import { branded } from '../functions/core/branded.ts';
import type { ConnectionId } from '../functions/core/names.ts';
import type { Row } from './row.ts';

/**
 * CPU time of posting one frame to one member: our lean client and Amazon's own, in turns, in one run, against the same
 * server in a thread of its own. A broadcast goes to 50 members, as in a room.
 */

const members = Array.from({ length: 50 }, (_, i) => branded<ConnectionId>(`Member${String(i).padStart(9, '0')}=`));
const frame = JSON.stringify({ type: 'chat_message', roomId: 'lobby', text: 'x'.repeat(200) });
const credentials = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'secret', sessionToken: 'x'.repeat(800) };
const region = 'us-east-1';
const rounds = 9;
const broadcastsPerRound = 20;
const budget = 1 / 3;

type Broadcast = () => Promise<unknown>;

export async function run(): Promise<Row[]> {
  const sink = new Worker(new URL('./sink.ts', import.meta.url));
  try {
    const [port] = await once(sink, 'message');
    const endpoint = `http://127.0.0.1:${port}/prod`;
    const lean = leanBroadcast(endpoint);
    const stock = stockBroadcast(endpoint);
    // Both warm: sockets open, code compiled.
    for (let i = 0; i < 40; i += 1) await Promise.all([lean(), stock()]);
    const leanMs: number[] = [];
    const stockMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      leanMs.push(await cpuMsPerPost(lean));
      stockMs.push(await cpuMsPerPost(stock));
    }
    const ratio = median(leanMs) / median(stockMs);
    return [
      {
        what: "CPU of one post to one member, of the stock SDK client's",
        actual: ratio.toFixed(2),
        budget: `<= ${budget.toFixed(2)}`,
        ok: ratio <= budget,
        note: `${median(leanMs).toFixed(3)} ms against ${median(stockMs).toFixed(3)} ms`,
      },
    ];
  } finally {
    await sink.terminate();
  }
}

function leanBroadcast(endpoint: string): Broadcast {
  const client = createAwsClient({
    endpoint: new URL(endpoint),
    region,
    credentials,
    service: 'execute-api',
    timeoutMs: 5_000,
    patience: { attempts: 1, firstMs: 1, longestMs: 1 },
    pauses: { clock: systemClock, random: Math.random },
  });
  const gateway = createHttpGateway(client, createLog());
  return async () => {
    const { gone, failed } = await gateway.post(members, frame);
    if (gone.length + failed.length > 0) throw new Error(`${failed.length} posts failed`);
  };
}

function stockBroadcast(endpoint: string): Broadcast {
  const client = new ApiGatewayManagementApiClient({ endpoint, region, credentials });
  return () =>
    Promise.all(members.map((id) => client.send(new PostToConnectionCommand({ ConnectionId: id, Data: frame }))));
}

/** CPU time of this thread alone; the server has its own. */
async function cpuMsPerPost(broadcast: Broadcast): Promise<number> {
  const before = process.threadCpuUsage();
  for (let i = 0; i < broadcastsPerRound; i += 1) await broadcast();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000 / (broadcastsPerRound * members.length);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
