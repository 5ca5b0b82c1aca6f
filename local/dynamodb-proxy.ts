import { connect, createServer, type Socket } from 'node:net';
import { addConsumedCapacityRequest, type Usage, usageOf } from './dynamodb/capacity.ts';
import { createMessageReader, type HttpMessage, headerOf } from './dynamodb/http-messages.ts';
import { permissionsFor } from './dynamodb/permissions.ts';
import { type Log, silent } from './log.ts';
import type { Access } from './parts.ts';
import { denial } from './service-access.ts';

/** A call that the proxy allowed. */
export interface TableCall {
  readonly functionId: string;
  /** E.g. `PutItem`, `TransactWriteItems`. */
  readonly operation: string;
  /** ARNs of the tables and indexes it names. */
  readonly resources: readonly string[];
}

const reads: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'TransactGetItems', 'Query', 'Scan']);

/** Names of the tables that a call may change. Their stream readers should poll again soon. */
export function writtenTables({ operation, resources }: TableCall): string[] {
  if (reads.has(operation)) return [];
  return [...new Set(resources.map((resource) => /:table\/([^/]+)/.exec(resource)?.[1] ?? ''))];
}

export interface DynamoDbProxyOptions {
  /** The engine behind the proxy. */
  readonly endpoint: string;
  readonly access: Access;
  readonly port?: number;
  /** Called for every call on its way in. */
  readonly onCall?: (call: TableCall) => void;
  /**
   * Receives the consumed capacity of every call. If given, the proxy requests it from the engine, which costs a
   * little.
   */
  readonly onUsage?: (call: TableCall, usage: readonly Usage[]) => void;
  readonly log?: Log;
}

export interface DynamoDbProxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

type Verdict = { readonly ok: true; readonly call: TableCall } | { readonly ok: false; readonly refusal: string };

const accessKey = /\r\nauthorization:[^\r]*Credential=([^/\s]+)\//i;
const target = /\r\nx-amz-target:[ \t]*\w+\.(\w+)/i;

/**
 * Stands before the emulator and refuses what a function's role does not allow. Every table call of every function goes
 * through it, so it works on bytes. A client's socket has its own socket to the engine. The proxy reads requests and
 * passes them on unchanged, and does not even read answers. It does not check signatures; the access key id identifies
 * the caller.
 */
export async function startDynamoDbProxy(options: DynamoDbProxyOptions): Promise<DynamoDbProxy> {
  const { access, onCall, onUsage, log = silent } = options;
  const engine = new URL(options.endpoint);
  const clients = new Set<Socket>();

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: engine.hostname, port: Number(engine.port || 80), noDelay: true });
    clients.add(client);
    /** The call whose answer comes next: clients send one request at a time over a socket. */
    let underWay: TableCall | undefined;

    const close = () => {
      clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    client.on('close', close).on('error', close);
    upstream.on('close', close).on('error', (error) => {
      if (underWay) log('dynamodb', `the engine broke off: ${error.message}`);
      close();
    });

    const readRequest = createMessageReader((message) => {
      const verdict = judge(access, message);
      if (!verdict.ok) {
        client.write(verdict.refusal);
        return;
      }
      underWay = verdict.call;
      onCall?.(verdict.call);
      upstream.write(onUsage ? addConsumedCapacityRequest(verdict.call.operation, message) : message.bytes);
    });
    client.on('data', guarded(readRequest, close, log));

    if (onUsage) {
      const readAnswer = createMessageReader((message) => {
        if (underWay) onUsage(underWay, usageOf(message.body));
        client.write(message.bytes);
      });
      upstream.on('data', guarded(readAnswer, close, log));
    } else {
      upstream.pipe(client);
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}

/** Bytes that are no HTTP message end the connection, not the runtime. */
function guarded(read: (chunk: Buffer) => void, close: () => void, log: Log): (chunk: Buffer) => void {
  return (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      log('dynamodb', `unreadable message: ${String(error)}`);
      close();
    }
  };
}

function judge(access: Access, { head, body }: HttpMessage): Verdict {
  const accessKeyId = headerOf(head, accessKey);
  const operation = headerOf(head, target);
  if (accessKeyId === undefined || operation === undefined) {
    return refuse('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const principal = access.principal(accessKeyId);
  if (!principal) {
    return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  try {
    const permissions = permissionsFor(operation, body);
    for (const { action, resource } of permissions) {
      if (access.allows(accessKeyId, action, resource)) continue;
      return refuse('AccessDeniedException', denial(principal, action, resource));
    }
    const resources = permissions.map((permission) => permission.resource);
    return { ok: true, call: { functionId: principal.functionId, operation, resources } };
  } catch {
    return refuse('SerializationException', 'The request body is not what this operation takes.');
  }
}

function refuse(type: string, message: string): Verdict {
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${type}`, message });
  const refusal =
    'HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  return { ok: false, refusal };
}
