import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Files, Ports } from '../../functions/core/ports.ts';
import { arrivalsIn, noteArrival } from '../../functions/files/arrival.ts';
import { createAccess } from '../../local/iam.ts';
import { createObjectStore } from '../../local/objects/object-store.ts';
import type { BucketPart, FunctionPart } from '../../local/parts.ts';
import { filesAt } from './files-at.ts';
import { rememberingFunctions } from './functions.ts';
import { httpOver } from './http.ts';
import type { SignedIn } from './world.ts';
import { makeWorld } from './world.ts';

/** A deployment with a files bucket: real uploads over HTTP, checked and announced as S3 does. */
export async function filesWorld(more: Partial<Ports> = {}) {
  const world = await makeWorld();
  const heard: string[] = [];
  const store = await startStore(world.clock, (message) => heard.push(message));
  const files: Files = { ...store.files };
  const ports: Ports = { ...world.ports, ...more, files, functions: rememberingFunctions(() => ports) };
  const http = httpOver(ports);

  return {
    ...world,
    ports,
    files,
    http,
    /** Notifications of the bucket that no test has read so far. */
    heard,
    /** Processes the bucket's notifications. */
    async hear() {
      for (const message of heard.splice(0))
        for (const arrival of arrivalsIn(message)) await noteArrival(ports, arrival);
    },
    async call(procedure: string, as: SignedIn | undefined, input: object) {
      const body = { procedure, input };
      const answer = await http('POST', '/api/v3/callProcedure', { as: as?.sessionKey, body });
      return { status: answer.status, ...answer.body };
    },
    stop: store.stop,
  };
}

export type FilesWorld = Awaited<ReturnType<typeof filesWorld>>;

/** What a client knows of a file before it is recorded. */
export function described(bytes: string) {
  return { fileSha256Hex: createHash('sha256').update(bytes).digest('hex'), fileByteLength: Buffer.byteLength(bytes) };
}

interface Recorded {
  readonly uploadUrl: string;
  readonly uploadMethod: string;
  readonly uploadHeaders: Readonly<Record<string, string>>;
}

/**
 * Sends the bytes as a browser does, which sets some headers itself.
 * @returns status and, for a refusal, S3's error code
 */
export async function upload(recorded: Recorded, bytes: string, more: Readonly<Record<string, string>> = {}) {
  const { host, 'content-length': _, ...headers } = { ...recorded.uploadHeaders, ...more };
  const answer = await fetch(recorded.uploadUrl, { method: recorded.uploadMethod, headers, body: bytes });
  return outcome(answer);
}

/** Status and text for a client that has nothing but the URL. */
export async function readPlain(url: string): Promise<string> {
  return outcome(await fetch(url));
}

async function outcome(answer: Response): Promise<string> {
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`.trim();
}

const bucketName = 'files';
const arn = `arn:aws:s3:::${bucketName}`;
const bucket: BucketPart = {
  id: bucketName,
  name: bucketName,
  arn,
  cors: [],
  lifecycle: [],
  policy: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `${arn}/*`,
      Condition: { StringEquals: { 's3:ExistingObjectTag/public': 'true' } },
    },
  ],
  notifications: [{ event: 's3:ObjectCreated:*', targetArn: 'queue' }],
};
const filesFunction: FunctionPart = {
  id: 'Files',
  codeDir: '',
  handler: 'index.handler',
  environment: {},
  timeoutSeconds: 29,
  memoryMb: 128,
  statements: [
    {
      effect: 'Allow',
      actions: ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObject', 's3:DeleteObject'],
      resources: [`${arn}/*`],
    },
  ],
};

async function startStore(clock: Clock, notify: (message: string) => void) {
  const access = createAccess([filesFunction]);
  const dir = mkdtempSync(join(tmpdir(), 'chorus-files-'));
  const faults: string[] = [];
  const store = createObjectStore({
    buckets: [bucket],
    access,
    dir,
    clock,
    notify: (_, event) => notify(JSON.stringify(event)),
    log: (_, line) => void faults.push(line),
  });
  const server = createServer((request, response) => void store.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const { accessKeyId, secretAccessKey } = access.principalOf('Files');
  const endpoint = new URL(`http://localhost:${port}/local/s3/${bucketName}`);
  return {
    files: filesAt(endpoint, clock, { accessKeyId, secretAccessKey, sessionToken: 'session' }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
      if (faults.length > 0) throw new Error(faults.join('\n'));
    },
  };
}
