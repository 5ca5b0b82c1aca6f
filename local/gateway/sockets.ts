import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Outcome, SocketApiPart } from '../parts.ts';
import { isObject } from '../template/json.ts';
import { type Connection, openConnection } from './connection.ts';
import { textMessage } from './frames.ts';
import { isHandshake, refuse, type Verdict, verdictOf } from './handshake.ts';
import type { Integrate } from './integrations.ts';
import type { SocketBook } from './socket-book.ts';
import {
  type ConnectionFacts,
  connectEvent,
  disconnectEvent,
  factsOf,
  messageEvent,
  type SocketEvent,
} from './socket-event.ts';
import { createSocketRouter } from './socket-routes.ts';
import type { ViewSocket } from './viewer-function.ts';
import { createWriter } from './writer.ts';

/** The WebSocket API: open connections and what happens to them. */
export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** An open connection; undefined before `$connect` has returned, and from the moment that it closes. */
  find(connectionId: string): Connection | undefined;
  /**
   * Closes all connections with 1001. Resolves when they are closed and their `$disconnect` events are on their way.
   */
  stop(): Promise<void>;
}

export interface SocketsOptions {
  readonly api: SocketApiPart;
  /** `localhost:PORT` */
  readonly domainName: string;
  readonly integrate: Integrate;
  readonly view: ViewSocket;
  readonly clock: Clock;
  readonly idleMs: number;
  readonly lifetimeMs: number;
  readonly refuseLargeFrames: boolean;
  readonly book?: SocketBook | undefined;
  readonly log: Log;
}

/** The largest message, in either direction. */
export const MAX_MESSAGE_BYTES = 128 * 1024;
/** By then a `$disconnect` has been processed, and need not be repeated after a restart. */
const CROSSED_OUT_AFTER_MS = 60_000;

const largeFrame =
  'warning: a frame above 32 KB came in. API Gateway would close that socket (1009); here messages of up to 128 KB pass.';

export function createSockets(options: SocketsOptions): Sockets {
  const { api, integrate, clock, book, log } = options;
  const chooseRoute = createSocketRouter(api);
  const connectRoute = api.routes.find(({ routeKey }) => routeKey === '$connect');
  const disconnectRoute = api.routes.find(({ routeKey }) => routeKey === '$disconnect');
  const connections = new Map<string, Connection>();
  const writer = createWriter();
  const protocols = new WeakMap<IncomingMessage, string>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (_offered, request) => protocols.get(request) ?? false,
  });

  let isStopping = false;

  function disconnected(facts: ConnectionFacts, code: number, reason: string): void {
    connections.delete(facts.connectionId);
    clock.after(CROSSED_OUT_AFTER_MS, () => book?.crossOut(facts.connectionId));
    if (disconnectRoute === undefined) return;
    // Its result is only reported in the function's own log.
    void integrate(disconnectRoute, disconnectEvent(facts, code, reason, clock.now()));
  }

  async function received(facts: ConnectionFacts, body: string): Promise<void> {
    const route = chooseRoute(body);
    const event = messageEvent(facts, route?.routeKey ?? '', body, clock.now());
    const say = (message: string) => connections.get(facts.connectionId)?.post(textMessage(message));
    if (route === undefined) {
      say(errorFrame('Forbidden', facts, event));
      return;
    }
    const outcome = await integrate(route, event);
    if (outcome === undefined) say(errorFrame('Endpoint request timed out', facts, event));
    else if (!outcome.ok) say(errorFrame('Internal server error', facts, event));
    else if (route.returnsResponse) {
      const answer = isObject(outcome.payload) ? outcome.payload.body : undefined;
      if (typeof answer === 'string' && answer !== '') say(answer);
    }
  }

  function open(request: IncomingMessage, socket: Duplex, head: Buffer, facts: ConnectionFacts): void {
    server.handleUpgrade(request, socket, head, (websocket) => {
      const connection = openConnection({
        facts,
        websocket,
        socket,
        writer,
        clock,
        idleMs: options.idleMs,
        lifetimeMs: options.lifetimeMs,
        onLargeFrame() {
          if (!options.refuseLargeFrames) log('gateway', largeFrame);
          return options.refuseLargeFrames;
        },
        onMessage: (text) => void received(facts, text),
        onClose: (code, reason) => disconnected(facts, code, reason),
      });
      connections.set(facts.connectionId, connection);
      book?.enter(facts);
    });
  }

  async function connect(request: IncomingMessage, facts: ConnectionFacts, query: string): Promise<Verdict> {
    if (connectRoute === undefined) return { accepted: true };
    const outcome = await integrate(connectRoute, connectEvent(facts, request, query, facts.connectedAt));
    return verdictOf(connectRoute.integration.kind === 'sqs' ? acceptedByQueue(outcome) : outcome);
  }

  for (const noted of book?.left ?? []) disconnected({ ...noted, domainName: options.domainName, api }, 1006, '');

  return {
    async upgrade(request, socket, head) {
      // Until the socket is upgraded, only this listener receives its errors.
      socket.on('error', () => socket.destroy());
      if (isStopping) return refuse(socket, 503);
      if (!isHandshake(request)) return refuse(socket, 400);
      const viewed = options.view(request);
      if ('status' in viewed) return refuse(socket, viewed.status);
      const facts = factsOf(request, api, options.domainName, clock.now());
      const verdict = await connect(request, facts, viewed.query);
      if (!verdict.accepted) return refuse(socket, verdict.status);
      // A client that left while `$connect` ran was still accepted; now it disconnects.
      if (!socket.readable || !socket.writable) return disconnected(facts, 1006, '');
      if (verdict.protocol !== undefined) protocols.set(request, verdict.protocol);
      open(request, socket, head, facts);
    },
    find(connectionId) {
      const connection = connections.get(connectionId);
      return connection?.isOpen() ? connection : undefined;
    },
    async stop() {
      isStopping = true; // clients reconnect as soon as they are closed
      const open = [...connections.values()];
      for (const connection of open) connection.close(1001, 'Going away');
      await Promise.all(open.map(({ closed }) => closed));
    },
  };
}

function errorFrame(message: string, { connectionId }: ConnectionFacts, event: SocketEvent): string {
  return JSON.stringify({ message, connectionId, requestId: event.requestContext.requestId });
}

/** A queue that accepted the event has no result for the handshake. */
function acceptedByQueue(outcome: Outcome | undefined): Outcome | undefined {
  return outcome?.ok === true ? { ok: true, payload: { statusCode: 200 } } : outcome;
}
