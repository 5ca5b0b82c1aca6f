import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { Access, Chaos, SocketApiPart } from '../parts.ts';
import { arn } from '../template/addresses.ts';
import { textMessage } from './frames.ts';
import { MAX_MESSAGE_BYTES, type Sockets } from './sockets.ts';

/** A function's request: one frame for many connections, or connections to close. */
interface PostRequest {
  readonly n: number;
  readonly op: 'post' | 'close';
  readonly to: readonly string[];
  readonly frame: string;
  readonly code?: number;
  readonly reason?: string;
}

interface PostReply {
  readonly n: number;
  readonly gone: readonly string[];
  readonly failed: readonly string[];
}

export interface PostingOptions {
  readonly sockets: Sockets;
  readonly api: SocketApiPart;
  readonly access: Access;
  readonly chaos?: Chaos;
  readonly log: Log;
}

/**
 * `@connections` without HTTP, for functions of this process. The same rules apply (permission, limits, which
 * connections are gone). Each broadcast costs one message in each direction, and its frame is encoded once. Returns the
 * port for a new environment of the function with that access key id.
 */
export function createPosting({ sockets, api, access, chaos, log }: PostingOptions) {
  function mayManage(accessKeyId: string, method: 'POST' | 'DELETE'): boolean {
    // Roles allow either all connections or none, because connections come and go. So this checks a placeholder id.
    return access.allows(accessKeyId, 'execute-api:ManageConnections', connectionArn(api, method, 'any'));
  }

  function post(request: PostRequest): PostReply {
    const message = textMessage(request.frame);
    const gone: string[] = [];
    const slow: string[] = [];
    for (const id of request.to) {
      const result = sockets.find(id)?.post(message) ?? 'gone';
      if (result === 'gone') gone.push(id);
      else if (result === 'slow') slow.push(id);
    }
    return { n: request.n, gone, failed: slow, ...(slow.length > 0 ? { slow } : {}) };
  }

  function close({ n, to, code = 1000, reason = 'Connection Closed Normally' }: PostRequest): PostReply {
    const gone: string[] = [];
    for (const id of to) {
      const connection = sockets.find(id);
      if (connection === undefined) gone.push(id);
      else connection.close(code, reason);
    }
    return { n, gone, failed: [] };
  }

  function answer(functionId: string, accessKeyId: string, request: PostRequest): PostReply {
    const method = request.op === 'post' ? 'POST' : 'DELETE';
    const why = mayManage(accessKeyId, method)
      ? tooLarge(request.frame)
      : `its role does not allow execute-api:ManageConnections (${method})`;
    if (why === undefined) return request.op === 'post' ? post(request) : close(request);
    log(functionId, `nothing was sent: ${why}`);
    return { n: request.n, gone: [], failed: request.to };
  }

  return (functionId: string, accessKeyId: string): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (request: PostRequest) => {
      if (chaos === undefined) {
        port1.postMessage(answer(functionId, accessKeyId, request));
        return;
      }
      // The order of requests stays, because a function sends the next one only after the answer.
      void delay(chaos.delayMs()).then(() => port1.postMessage(answer(functionId, accessKeyId, request)));
    });
    // The port closes with its environment, and must not keep the process alive.
    port1.unref();
    return port2;
  };
}

/** The ARN that a statement must allow for posting (`POST`), inspecting (`GET`) or closing (`DELETE`) connections. */
export function connectionArn(api: SocketApiPart, method: string, connectionId: string): string {
  return arn('execute-api', `${api.id}/${api.stage}/${method}/@connections/${connectionId}`);
}

/** A string has at most three times as many bytes as UTF-16 units, so most need no counting. */
function tooLarge(frame: string): string | undefined {
  if (frame.length * 3 <= MAX_MESSAGE_BYTES || Buffer.byteLength(frame) <= MAX_MESSAGE_BYTES) return undefined;
  return 'the frame is larger than 128 KB (PayloadTooLargeException)';
}
