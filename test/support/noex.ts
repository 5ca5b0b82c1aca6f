import { type App, defineApp } from '../../functions/core/app.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { httpOver } from './http.ts';
import { livePorts } from './live-ports.ts';
import { rememberingBlobs, rememberingOutbox } from './remembering-ports.ts';
import { type Client, socketWorld } from './sockets.ts';
import { signIn } from './world.ts';

/** A frame of noex's as a client reads it. */
export interface NoexFrame {
  readonly id?: number;
  readonly type: string;
  readonly code?: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly [field: string]: any;
}

/** A client that waits for the answer to each request. */
export interface NoexClient {
  readonly socket: Client;
  /** All frames received so far, in order. */
  frames(): NoexFrame[];
  /** Sends a whole frame, and resolves with its answer. */
  ask(type: string, fields?: object): Promise<NoexFrame>;
  /** The data of a result. @throws Error for a refusal, with its code */
  get(type: string, fields?: object): Promise<NoexFrame['data']>;
  /** The code of a refusal. @throws Error for a result */
  refusal(type: string, fields?: object): Promise<string>;
}

type ConnectOptions = Parameters<ReturnType<typeof socketWorld>['connect']>[0] & { isSilent?: boolean };

/**
 * Sockets of noex's clients over fresh tables: real events into the real handlers.
 * @param followed the ports, extended so that something follows what is written
 */
export async function noexWorld(
  app: Partial<App> = {},
  settings: Partial<Settings> = {},
  followed: (ports: Ports) => Ports = (ports) => ports,
) {
  const { ports: base, errors, advance } = await livePorts({ accountOrigins: [], ...settings });
  const outbox = rememberingOutbox();
  const sockets = socketWorld(
    Object.create(followed(base), {
      app: { value: defineApp({ name: 'test', heartbeat: { timeoutMs: 100 }, ...app }) },
      outbox: { value: outbox },
      blobs: { value: rememberingBlobs() },
    }) satisfies Ports,
  );
  const http = httpOver(sockets.ports);

  function over(socket: Client): NoexClient {
    let count = 0;
    const frames = () => socket.texts.map((text): NoexFrame => JSON.parse(text));
    const ask = async (type: string, fields: object = {}) => {
      const id = ++count;
      await sockets.direct(socket, JSON.stringify({ id, type, ...fields }));
      const answer = frames().find((frame) => frame.id === id && (frame.type === 'result' || frame.type === 'error'));
      if (!answer) throw new Error(`${type} was not answered`);
      return answer;
    };
    return {
      socket,
      frames,
      ask,
      async get(type, fields) {
        const answer = await ask(type, fields);
        if (answer.type !== 'result') throw new Error(`${type}: ${JSON.stringify(answer)}`);
        return answer.data;
      },
      async refusal(type, fields) {
        const answer = await ask(type, fields);
        if (answer.type !== 'error') throw new Error(`${type} was not refused: ${JSON.stringify(answer)}`);
        return String(answer.code);
      },
    };
  }

  /** Published clients answer by themselves. */
  function answerPing(socket: Client, frame: string): void {
    if (frame.startsWith('{"type":"ping"'))
      sockets.dispatch(socket, JSON.stringify({ ...JSON.parse(frame), type: 'pong' }));
  }

  /** A socket that has been greeted. @param isSilent does not answer pings */
  async function connect({ isSilent = false, ...options }: ConnectOptions = {}): Promise<NoexClient> {
    const onFrame = isSilent ? () => {} : answerPing;
    const client = over(await sockets.connect({ path: '/', onFrame, ...options }));
    await sockets.settled();
    return client;
  }

  /** A user who signs in with a code over HTTP. */
  const person = (address: string) => signIn(http, outbox, address);

  return {
    ...sockets,
    /** What was logged as an error. */
    errors,
    advance,
    http,
    connect,
    /** A socket that may not have been greeted yet. */
    open: (options: Parameters<typeof sockets.connect>[0] = {}) => sockets.connect({ path: '/', ...options }),
    person,
    /** A signed-in user's socket. */
    async signedIn(address: string): Promise<NoexClient> {
      const { sessionKey } = await person(address);
      const client = await connect();
      await client.get('auth.login', { token: sessionKey });
      return client;
    },
  };
}

export type NoexWorld = Awaited<ReturnType<typeof noexWorld>>;
