import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MessagePort } from 'node:worker_threads';
import { type Clock, systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Access, Assembly, Chaos, Invoke } from '../parts.ts';
import type { OutgoingMessage } from '../queues.ts';
import { createFunctionUrls } from './function-url.ts';
import { createHttpApi } from './http-api.ts';
import { createIntegrations } from './integrations.ts';
import { createManagement, isManagementPath } from './management.ts';
import { createPosting } from './posting.ts';
import type { Doors } from './server.ts';
import type { SocketBook } from './socket-book.ts';
import { createSockets } from './sockets.ts';
import { createSocketView } from './viewer-function.ts';

/** API Gateway in miniature: the HTTP API, the WebSocket API and `@connections` of an assembly. */
export interface Gateway extends Doors {
  /** The port through which a new environment of a function posts, instead of HTTP. */
  postingPort(functionId: string, accessKeyId: string): MessagePort;
  /** Closes all sockets with 1001. Their `$disconnect` events are on their way when this resolves. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly assembly: Pick<Assembly, 'httpApi' | 'socketApi' | 'functionUrls' | 'edge'>;
  /** `localhost:PORT` */
  readonly domainName: string;
  readonly invoke: Invoke;
  readonly access: Access;
  /** @throws Error if the queue refuses the message */
  send(queueArn: string, message: OutgoingMessage): void;
  /** @default the 29 s of WebSocket APIs and the 30 s of HTTP APIs */
  readonly integrationLimitMs?: number;
  /** @default 10 minutes */
  readonly idleMs?: number;
  /** @default 2 hours */
  readonly lifetimeMs?: number;
  /**
   * Whether a client's frame above 32 KB closes its socket, as on AWS. Most clients cannot choose their framing.
   * @default false - prints a warning; messages of up to 128 KB pass
   */
  readonly refuseLargeFrames?: boolean;
  /** The file that lists open sockets. The next start first disconnects those of a killed process. @default none */
  readonly book?: SocketBook | undefined;
  readonly chaos?: Chaos;
  readonly clock?: Clock;
  readonly log: Log;
}

/** @throws Error for a route selection, a request template or a viewer function that cannot be evaluated */
export function createGateway(options: GatewayOptions): Gateway {
  const { assembly, domainName, invoke, access, chaos, clock = systemClock, log } = options;
  const { httpApi, socketApi, functionUrls, edge } = assembly;
  const limit = options.integrationLimitMs;
  const sockets = createSockets({
    api: socketApi,
    domainName,
    integrate: createIntegrations({
      routes: socketApi.routes,
      invoke,
      send: options.send,
      limitMs: limit ?? 29_000,
      log,
    }),
    view: createSocketView(edge),
    clock,
    idleMs: options.idleMs ?? 10 * 60_000,
    lifetimeMs: options.lifetimeMs ?? 2 * 60 * 60_000,
    refuseLargeFrames: options.refuseLargeFrames ?? false,
    book: options.book,
    log,
  });
  const rules = { sockets, api: socketApi, access, ...(chaos === undefined ? {} : { chaos }) };
  const http = createHttpApi({ api: httpApi, domainName, invoke, integrationLimitMs: limit ?? 30_000 });
  const streaming = createFunctionUrls({ urls: functionUrls, behaviors: edge?.behaviors ?? [], invoke });
  const management = createManagement(rules);

  return {
    request(request: IncomingMessage, response: ServerResponse) {
      if (isManagementPath(request.url ?? '')) return management(request, response);
      return (streaming(request) ?? http)(request, response);
    },
    upgrade: sockets.upgrade,
    postingPort: createPosting({ ...rules, log }),
    stop: sockets.stop,
  };
}
