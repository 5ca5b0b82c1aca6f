import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AwsClient, type AwsClientSettings, createAwsClient } from '../../functions/adapters/aws-request.ts';
import { branded } from '../../functions/core/branded.ts';
import type { EpochMs } from '../../functions/core/names.ts';
import type { ServiceRequest } from '../../local/parts.ts';

/** How a fake AWS service reacts to a request: it answers, or drops the socket after reading it. */
export type Reaction =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'drop'
  | 'silence';

/** An HTTP server under the test's control, in place of an AWS service. */
export interface Service {
  readonly endpoint: URL;
  /** Requests received, in order. */
  readonly requests: readonly ServiceRequest[];
  /** How many sockets were opened to it. */
  readonly sockets: number;
  /** Pauses between the client's attempts, in ms; none of them took any time. */
  readonly pauses: readonly number[];
  /**
   * A client of it with the credentials {@link accessKey}. Its pauses take no time, and are half of the longest
   * possible.
   */
  client(settings?: Partial<AwsClientSettings>): AwsClient;
  close(): Promise<void>;
}

export const accessKey = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret', sessionToken: 'token+/=' };

/** `react` is called for every request; `count` is 0 for the first. Bodies that are not strings go out as JSON. */
export async function startService(react: (request: ServiceRequest, count: number) => Reaction): Promise<Service> {
  const requests: ServiceRequest[] = [];
  const pauses: number[] = [];
  const server = createServer(async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const single = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const request = { method, url, headers: Object.fromEntries(single), body: Buffer.concat(chunks) };
    const reaction = react(request, requests.length);
    requests.push(request);
    if (reaction === 'drop') incoming.socket.destroy();
    if (typeof reaction === 'string') return;
    const { status = 200, body = '' } = reaction;
    answer.writeHead(status, reaction.headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  let sockets = 0;
  server.on('connection', () => {
    sockets += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return {
    endpoint,
    requests,
    pauses,
    get sockets() {
      return sockets;
    },
    client: (settings) =>
      createAwsClient({
        endpoint,
        region: 'us-east-1',
        credentials: accessKey,
        service: 'dynamodb',
        timeoutMs: 5_000,
        patience: { attempts: 4, firstMs: 100, longestMs: 250 },
        pauses: {
          clock: { now: () => branded<EpochMs>(Date.now()), wait: async (ms) => void pauses.push(ms) },
          random: () => 0.5,
        },
        ...settings,
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
