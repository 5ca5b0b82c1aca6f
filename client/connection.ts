import type { Clock } from './clock.ts';
import { RoomsError } from './errors.ts';

/**
 * A WebSocket that reconnects. When it closes for any reason, it is opened again after a random delay, whose maximum
 * doubles with every failure, so that a thousand clients do not reconnect at the same moment.
 */

/** The required part of a WebSocket, which browsers, Node and `ws` all have. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}
export type SocketConstructor = new (url: string) => SocketLike;

/** `connecting`: the first attempt. `open`. `reconnecting`: every later attempt. `closed`: permanently. */
export type Status = 'connecting' | 'open' | 'reconnecting' | 'closed';

/** A fixed token, or a function that is called before every attempt, because tokens expire. */
export type Token = string | (() => string | Promise<string>);

export interface ConnectionSettings {
  readonly url: string;
  readonly token: Token | undefined;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly onStatus: (status: Status) => void;
  readonly onFrame: (text: string) => void;
  /** Whether a frame shows that the server works, which resets the reconnect delay. @default every frame does */
  readonly isWell?: (text: string) => boolean;
  readonly onError: (error: RoomsError) => void;
}

export interface Connection {
  readonly status: Status;
  /** False without an open socket; the frame is then discarded. */
  send(text: string): boolean;
  /** Abandons a socket that seems dead, and opens another. */
  restart(): void;
  /** Closes permanently. */
  close(): void;
}

const NORMAL_CLOSURE = 1000;

export function keepConnected(settings: ConnectionSettings): Connection {
  const { clock, minDelayMs, maxDelayMs, onStatus } = settings;
  let status: Status = 'connecting';
  let socket: SocketLike | undefined;
  let failures = 0;
  let cancelRetry = () => {};

  function become(next: Status): void {
    if (status === next) return;
    status = next;
    onStatus(next);
  }

  /** Ignores all further events of an abandoned socket. */
  function drop(): void {
    const dropped = socket;
    socket = undefined;
    dropped?.close(NORMAL_CLOSURE);
  }

  function retry(): void {
    if (status === 'closed') return;
    become('reconnecting');
    const ceiling = Math.min(maxDelayMs, minDelayMs * 2 ** failures);
    failures += 1;
    cancelRetry();
    cancelRetry = clock.after(Math.round(settings.random() * ceiling), () => void open());
  }

  async function open(): Promise<void> {
    let opening: SocketLike;
    try {
      const url = await withToken(settings.url, settings.token);
      if (isClosed()) return;
      opening = new settings.WebSocket(url);
    } catch (cause) {
      settings.onError(new RoomsError('NOT_CONNECTED', 'The token could not be had, or the URL is none.', { cause }));
      retry();
      return;
    }
    socket = opening;
    const isCurrent = () => socket === opening;
    // All listeners are added before any event, because the first frame may come together with the opening.
    opening.addEventListener('message', ({ data }) => {
      if (!isCurrent() || typeof data !== 'string') return;
      // A server that sends frames works; one that only accepts and closes does not.
      if (settings.isWell?.(data) ?? true) failures = 0;
      settings.onFrame(data);
    });
    opening.addEventListener('open', () => {
      if (isCurrent()) become('open');
    });
    opening.addEventListener('error', () => {}); // A close always follows; without a listener some sockets throw.
    opening.addEventListener('close', () => {
      if (!isCurrent()) return;
      socket = undefined;
      retry();
    });
  }

  const isClosed = () => status === 'closed';
  void open();
  return {
    get status() {
      return status;
    },
    send(text) {
      if (status !== 'open' || !socket) return false;
      socket.send(text);
      return true;
    },
    restart() {
      if (status !== 'open') return;
      drop();
      retry();
    },
    close() {
      if (isClosed()) return;
      cancelRetry();
      become('closed');
      drop();
    },
  };
}

/** When opening a socket, browsers can send a token only in the query. */
async function withToken(url: string, token: Token | undefined): Promise<string> {
  const value = typeof token === 'function' ? await token() : token;
  if (!value) return url;
  const [address = ''] = url.split('#', 1); // socket URLs must not have a fragment
  const joint = address.includes('?') ? '&' : '?';
  return `${address}${joint}access_token=${encodeURIComponent(value)}`;
}

/** @throws RoomsError NO_WEBSOCKET */
export function globalSocket(): SocketConstructor {
  if (typeof WebSocket === 'function') return WebSocket;
  throw new RoomsError('NO_WEBSOCKET', 'There is no global WebSocket here; give one as an option.');
}
