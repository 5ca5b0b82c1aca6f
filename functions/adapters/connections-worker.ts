import type { MessagePort } from 'node:worker_threads';
import { closeReasons } from '../core/errors.ts';
import type { Gateway } from '../core/ports.ts';

/**
 * The `Gateway` port for a runtime that holds the sockets in the same process. It sends one message per broadcast, with
 * the frame in it once, through a message port that this worker was given. The runtime reports failures in its answer;
 * the message port itself only fails when the worker stops.
 */

export interface PostRequest {
  readonly n: number;
  readonly op: 'post' | 'close';
  readonly to: readonly string[];
  readonly frame: string;
  readonly code?: number;
  readonly reason?: string;
}

export interface PostReply {
  readonly n: number;
  readonly gone: readonly string[];
  readonly failed: readonly string[];
  /** See `Posted`. */
  readonly slow?: readonly string[];
}

interface Waiting {
  resolve(reply: PostReply): void;
  reject(error: Error): void;
}

const closed = 'The connections port is closed.';

export function createWorkerGateway(port: MessagePort): Gateway {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let isOpen = true;

  port.on('message', (reply: PostReply) => {
    waiting.get(reply.n)?.resolve(reply);
    waiting.delete(reply.n);
    if (waiting.size === 0) port.unref();
  });
  port.on('close', () => {
    isOpen = false;
    for (const { reject } of waiting.values()) reject(new Error(closed));
    waiting.clear();
  });
  // Only pending answers keep the worker alive.
  port.unref();

  async function ask(request: Omit<PostRequest, 'n'>): Promise<PostReply> {
    if (!isOpen) throw new Error(closed);
    last += 1;
    const n = last;
    return await new Promise((resolve, reject) => {
      waiting.set(n, { resolve, reject });
      port.ref();
      port.postMessage({ n, ...request } satisfies PostRequest);
    });
  }

  return {
    async post(to, frame) {
      if (to.length === 0) return { gone: [], failed: [] };
      const reply = await ask({ op: 'post', to, frame });
      const gone = new Set(reply.gone);
      const failed = new Set(reply.failed);
      const slow = new Set(reply.slow);
      return {
        gone: to.filter((id) => gone.has(id)),
        failed: to.filter((id) => failed.has(id)),
        ...(slow.size > 0 ? { slow: to.filter((id) => slow.has(id)) } : {}),
      };
    },
    async close(connection, why) {
      await ask({ op: 'close', to: [connection], frame: '', ...closeReasons[why] });
    },
  };
}
