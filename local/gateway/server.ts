import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../log.ts';
import { refuse } from './handshake.ts';

/** Everything that is served on the single port. */
export interface Doors {
  request(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

/** The single port. It is bound first, so that its number is known while the rest is created. */
export interface Door {
  readonly port: number;
  /** Starts to accept requests; until then they are told to retry later. */
  open(doors: Doors): void;
  /** Accepts no new connections and closes the remaining ones. */
  close(): Promise<void>;
}

/** Node refuses longer request lines and headers before a handler sees them; API Gateway's own limit is lower. */
const MAX_HEADER_BYTES = 64 * 1024;

/** @throws Error with code EADDRINUSE when the port is in use */
export async function openPort(port: number, log: Log): Promise<Door> {
  let doors: Doors | undefined;
  const sockets = new Set<Socket>();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 65_000, noDelay: true });

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (doors === undefined) return plain(response, 503, 'Starting');
    doors.request(request, response).catch((error: unknown) => {
      log('gateway', `${request.method} ${request.url} failed: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'Internal Server Error');
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (doors === undefined) return refuse(socket, 503);
    doors.upgrade(request, socket, head).catch((error: unknown) => {
      log('gateway', `the upgrade of ${request.url} failed: ${String(error)}`);
      refuse(socket, 500);
    });
  });
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    if (socket.writable) socket.end(rawAnswer(status));
  });

  await listening(server, port);
  return {
    // A server that listens on a port has an address of this form.
    port: (server.address() as AddressInfo).port,
    open(opened) {
      doors = opened;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // The server itself no longer knows upgraded sockets, but still waits for them.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function plain(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

function rawAnswer(status: number): string {
  const body = JSON.stringify({ message: status === 431 ? 'Request Header Fields Too Large' : 'Bad Request' });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json`;
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
