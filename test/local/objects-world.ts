import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { createAccess } from '../../local/iam.ts';
import { createObjectStore, type ObjectStore } from '../../local/objects/object-store.ts';
import type { BucketPart, FunctionPart, Statement } from '../../local/parts.ts';

/** The object store on a real port, with a clock turned by hand and functions that may do what a test says. */
export interface ObjectsWorld {
  /** `http://localhost:PORT/local/s3` */
  readonly endpoint: string;
  /** Runs the lifecycle rules as of the clock, or of `nowMs`. */
  sweep(nowMs?: number): Promise<void>;
  readonly dir: string;
  /** Event notifications, oldest first. */
  readonly heard: { readonly targetArn: string; readonly event: unknown }[];
  /** Faults of the store itself; none is expected. */
  readonly faults: string[];
  advance(ms: number): void;
  /** The stock client, signing as that function; presigning needs `requestChecksumCalculation: 'WHEN_REQUIRED'`. */
  client(functionId?: string, settings?: Partial<ConstructorParameters<typeof S3Client>[0]>): S3Client;
  /** What a killed and restarted runtime serves: a new store over the same folder. */
  restart(): void;
  stop(): Promise<void>;
}

export const everything: Statement = { effect: 'Allow', actions: ['s3:*'], resources: ['*'] };

export function bucket(name: string, more: Partial<BucketPart> = {}): BucketPart {
  const empty = { cors: [], lifecycle: [], policy: [], notifications: [] };
  return { id: name, name, arn: `arn:aws:s3:::${name}`, ...empty, ...more };
}

export async function objectsWorld(
  buckets: readonly BucketPart[],
  functions: Readonly<Record<string, readonly Statement[]>> = { writer: [everything] },
): Promise<ObjectsWorld> {
  const access = createAccess(Object.entries(functions).map(([id, statements]) => functionPart(id, statements)));
  const dir = mkdtempSync(join(tmpdir(), 'chorus-objects-'));
  const heard: ObjectsWorld['heard'] = [];
  const faults: string[] = [];
  let aheadMs = 0;
  const settings = {
    buckets,
    access,
    dir,
    clock: { now: () => Date.now() + aheadMs },
    notify: (targetArn: string, event: unknown) => void heard.push({ targetArn, event }),
    log: (_part: string, line: string) => void faults.push(line),
  };
  let store: ObjectStore = createObjectStore(settings);
  const server = createServer((request, response) => void store.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const endpoint = `http://localhost:${port}/local/s3`;
  const clients: S3Client[] = [];

  return {
    endpoint,
    sweep: (nowMs) => store.sweep(nowMs),
    dir,
    heard,
    faults,
    advance(ms) {
      aheadMs += ms;
    },
    client(functionId = 'writer', more = {}) {
      const { accessKeyId, secretAccessKey } = access.principalOf(functionId);
      const credentials = { accessKeyId, secretAccessKey, sessionToken: 'session' };
      const client = new S3Client({
        region: 'us-east-1',
        endpoint,
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
        ...more,
      });
      clients.push(client);
      return client;
    },
    restart() {
      store = createObjectStore(settings);
    },
    async stop() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    },
  };
}

function functionPart(id: string, statements: readonly Statement[]): FunctionPart {
  return { id, codeDir: '', handler: 'index.handler', environment: {}, timeoutSeconds: 10, memoryMb: 128, statements };
}

/** Status and error code of an answer; the code is '' where there is none. */
export async function refusal(response: Response): Promise<string> {
  return `${response.status} ${/<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? ''}`.trim();
}
