import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { NoexFrame } from './noex.ts';

/** A live query that outlives connections: its peer subscribes to it again after each reconnect. */
export interface Watched<Params> {
  readonly query: string;
  readonly params: Params;
  /** Every result it has shown, over all connections, in order. */
  readonly shown: NoexFrame['data'][];
  /** Numbers of pushes that came after a higher one. */
  readonly late: number[];
}

/** A client of the store that reconnects whenever its socket ends, or an answer does not come. */
export interface NoexPeer<Params = unknown> {
  readonly watched: readonly Watched<Params>[];
  /** Whether it is signed in, and everything it watches subscribed to. */
  isThere(): boolean;
  /**
   * Sends a request once, when connected.
   * @returns undefined without an answer: the request may have been done or not
   */
  ask(type: string, fields?: object): Promise<NoexFrame | undefined>;
  comeBack(): void;
  close(): void;
}

export interface NoexPeerOptions<Params> {
  /** E.g. `ws://localhost:4000/`. */
  readonly url: string;
  /** For `auth.login`. */
  readonly token: string;
  readonly watch?: readonly Pick<Watched<Params>, 'query' | 'params'>[];
  /** How long it waits for an answer, ms; doubles after each time without one. @default 5,000 */
  readonly patienceMs?: number;
}

const longestMs = 30_000;

type Heard = (answer: NoexFrame | undefined) => void;

/** @throws in the background when it is refused a login or a subscription */
export function noexPeer<Params>({
  url,
  token,
  watch = [],
  patienceMs = 5_000,
}: NoexPeerOptions<Params>): NoexPeer<Params> {
  const watched = watch.map((one): Watched<Params> => ({ ...one, shown: [], late: [] }));
  let count = 0;
  let waitMs = patienceMs;
  let socket: WebSocket | undefined;
  let isClosed = false;
  let isThere = false;
  const waiters: (() => void)[] = [];
  /** By request id, of the current socket. */
  const asked = new Map<number, Heard>();
  const subscribed = new Map<string, { readonly watched: Watched<Params>; seq: number }>();

  /** A slow machine only gets slower by more requests. */
  function giveUp(mine: WebSocket | undefined): void {
    waitMs = Math.min(2 * waitMs, longestMs);
    mine?.terminate();
  }

  function send(type: string, fields: object, heard: Heard): void {
    const mine = socket;
    const id = ++count;
    const patience = setTimeout(() => giveUp(mine), waitMs);
    asked.set(id, (answer) => {
      clearTimeout(patience);
      if (answer) waitMs = patienceMs;
      asked.delete(id);
      heard(answer);
    });
    mine?.send(JSON.stringify({ id, type, ...fields }));
  }

  const result = (type: string, fields: object, then: (data: NoexFrame['data']) => void) =>
    send(type, fields, (answer) => {
      // If the gateway delivers a login twice, the second one is refused until the first one is over.
      if (answer?.code === 'UNAUTHORIZED' && String(answer.message).endsWith('Try again.')) return socket?.terminate();
      if (answer?.type === 'error') throw new Error(`${type}: ${JSON.stringify(answer)}`);
      if (answer) then(answer.data);
    });

  function enter(): void {
    const left = new Set(watched);
    const done = () => {
      if (left.size > 0) return;
      isThere = true;
      for (const wake of waiters.splice(0)) wake();
    };
    result('auth.login', { token }, () => {
      for (const one of watched) {
        result('store.subscribe', { query: one.query, params: one.params }, ({ subscriptionId, data }) => {
          subscribed.set(subscriptionId, { watched: one, seq: 0 });
          one.shown.push(data);
          left.delete(one);
          done();
        });
      }
      done();
    });
  }

  function take(frame: NoexFrame): void {
    // The gateway's own message about a handler that died does not name the request.
    if (frame.type === undefined) socket?.terminate();
    else if (frame.type === 'welcome') enter();
    else if (frame.type === 'ping') socket?.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }));
    else if (frame.type === 'push') push(frame);
    else if (frame.id !== undefined) asked.get(frame.id)?.(frame);
  }

  function push({ subscriptionId, seq, data }: NoexFrame): void {
    const subscription = subscribed.get(subscriptionId);
    if (!subscription) return;
    if (seq < subscription.seq) subscription.watched.late.push(seq);
    subscription.seq = seq;
    subscription.watched.shown.push(data);
  }

  function connect(): void {
    const mine = new WebSocket(url, { perMessageDeflate: false });
    socket = mine;
    const patience = setTimeout(() => giveUp(mine), waitMs);
    mine.on('message', (data) => {
      clearTimeout(patience);
      take(JSON.parse(String(data)));
    });
    mine.on('error', () => {}); // a close follows
    mine.on('close', async () => {
      clearTimeout(patience);
      isThere = false;
      subscribed.clear();
      for (const heard of [...asked.values()]) heard(undefined);
      await delay(50 + Math.random() * 200);
      if (!isClosed) connect();
    });
  }

  connect();
  return {
    watched,
    isThere: () => isThere,
    async ask(type, fields = {}) {
      while (!isThere) await new Promise<void>((resolve) => waiters.push(resolve));
      return new Promise((resolve) => send(type, fields, resolve));
    },
    comeBack: () => socket?.terminate(),
    close() {
      isClosed = true;
      socket?.terminate();
    },
  };
}
