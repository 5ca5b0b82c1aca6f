import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { MemoryFrame } from './memory.ts';

/** Sockets of an instance of a running Chorus, used like 2.x clients do: with a new token each time, and patience. */
export interface LiveSocketOptions {
  /** Of the server, e.g. `http://localhost:4000`. */
  readonly url: string;
  readonly instanceId: string;
  readonly apiKey: string;
  readonly hear: (socket: { sendText(text: string): void }, text: string) => void;
  /** Those clients begin with 1,000. */
  readonly firstDelayMs?: number;
}

export interface LiveSocket {
  /** Whether it has received the initial state. */
  isThere(): boolean;
  close(): void;
}

/** In tests, clients that cannot connect wait no longer than this. */
const mostDelayMs = 1_000;

export function stayConnected(options: LiveSocketOptions): LiveSocket {
  const { url, instanceId, apiKey, hear, firstDelayMs = 100 } = options;
  let socket: WebSocket | undefined;
  let isThere = false;
  let isClosed = false;
  let pauseMs = firstDelayMs;

  async function connect(): Promise<void> {
    const { token } = await tokenFor(url, instanceId, apiKey);
    const mine = new WebSocket(`${url.replace('http', 'ws')}/sync/${instanceId}?token=${token}`);
    socket = mine;
    const sending = { sendText: (text: string) => mine.readyState === WebSocket.OPEN && mine.send(text) };
    const ended = Promise.withResolvers<void>();
    mine.on('message', (data) => {
      const text = String(data);
      hear(sending, text);
      if (!text.startsWith('{"type":"sync"')) return;
      isThere = true;
      pauseMs = firstDelayMs;
    });
    mine.on('error', () => {}); // a close follows
    mine.on('close', () => ended.resolve());
    await ended.promise;
  }

  async function live(): Promise<void> {
    while (!isClosed) {
      await connect().catch(() => {}); // the server that makes tokens may be gone
      isThere = false;
      await delay(pauseMs);
      pauseMs = Math.min(mostDelayMs, 2 * pauseMs);
    }
  }

  void live();
  return {
    isThere: () => isThere,
    close() {
      isClosed = true;
      socket?.terminate();
    },
  };
}

/** Makes a one-time token. @throws Error when that is refused, or the server does not answer */
export async function tokenFor(url: string, instanceId: string, as: string): Promise<{ readonly token: string }> {
  const answer = await fetch(`${url}/api/ws-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
    body: JSON.stringify({ instanceId, permission: 'write' }),
  });
  if (answer.status !== 200) throw new Error(`a token was answered with ${answer.status}`);
  // As documented.
  return (await answer.json()) as { token: string };
}

/** A client that only writes what has changed, and writes it again after each reconnect until it is acknowledged. */
export class CarefulClient {
  readonly view = new Map<string, unknown>();
  readonly #waiting = new Map<string, { readonly text: string; readonly value: unknown; done(): void }>();
  #socket: { sendText(text: string): void } | undefined;

  readonly hear = (socket: { sendText(text: string): void }, text: string): void => {
    this.#socket = socket;
    const frame: MemoryFrame = JSON.parse(text);
    if (frame.type === 'sync') {
      this.view.clear();
      for (const [key, { value }] of Object.entries<{ value: unknown }>(frame.data)) this.view.set(key, value);
      for (const { text: unacknowledged } of this.#waiting.values()) socket.sendText(unacknowledged);
    } else if (frame.type === 'key_updated') {
      this.view.set(frame.key, frame.value);
      const waiting = this.#waiting.get(frame.key);
      if (waiting?.value === frame.value) waiting?.done();
    } else if (frame.type === 'key_deleted') this.view.delete(frame.key);
  };

  /** Resolves once it is acknowledged; only for keys that no other client writes. */
  set(key: string, value: unknown): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const text = JSON.stringify({ type: 'set', key, value, timestamp: 0 });
    const done = () => {
      this.#waiting.delete(key);
      resolve();
    };
    this.#waiting.set(key, { text, value, done });
    this.#socket?.sendText(text);
    return promise;
  }

  /** Sends a frame without waiting for anything. */
  say(type: string, fields: object): void {
    this.#socket?.sendText(JSON.stringify({ type, ...fields, timestamp: 0 }));
  }
}
