import { openTextSocket } from '../load/text-socket.ts';

/** A client of the store on one socket: answers go to the request with their id, pushes to the listener. */
export interface StoreClient {
  /** The data of the result. @throws Error for a refusal, with its code */
  ask(type: string, fields: object): Promise<unknown>;
  /** From now on this listener receives the data of every push, instead of the earlier listener. */
  onPush(listener: (data: unknown) => void): void;
  close(): void;
}

type Answer = Readonly<Partial<Record<'userId' | 'requestId' | 'code' | 'sessionKey', string>>>;

interface Waiting {
  resolve(data: unknown): void;
  reject(error: Error): void;
}

/** Resolves once it has been greeted and signed in. */
export async function openStoreClient(socketUrl: string, token: string): Promise<StoreClient> {
  const socket = await openTextSocket(socketUrl);
  const waiting = new Map<number, Waiting>();
  const { promise: greeted, resolve: greet } = Promise.withResolvers<void>();
  let pushed: (data: unknown) => void = () => {};
  let last = 0;

  socket.hear((text) => {
    if (!text.startsWith('{')) return;
    const { id, type, data, code, timestamp } = JSON.parse(text);
    if (type === 'welcome') greet();
    else if (type === 'push') pushed(data);
    else if (type === 'ping') socket.send(JSON.stringify({ type: 'pong', timestamp }));
    else if (type === 'result') waiting.get(id)?.resolve(data);
    else if (type === 'error') waiting.get(id)?.reject(new Error(`${code}: ${text}`));
    waiting.delete(id);
  });
  const client: StoreClient = {
    ask: (type, fields) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, type, ...fields }));
      }),
    onPush(listener) {
      pushed = listener;
    },
    close: socket.end,
  };
  await greeted;
  await client.ask('auth.login', { token });
  return client;
}

/** @returns so many clients, opened `atOnce` at a time */
export async function openStoreClients(socketUrl: string, token: string, count: number, atOnce = 10) {
  const clients: StoreClient[] = [];
  while (clients.length < count) {
    const next = Math.min(atOnce, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: next }, () => openStoreClient(socketUrl, token)))));
  }
  return clients;
}

/** The session key of a user who signs in with a code. */
export async function signInAt(socketUrl: string, address: string): Promise<string> {
  const origin = new URL(socketUrl).origin.replace(/^ws/, 'http');
  // Answers are what they are documented to be.
  const call = async (path: string, body?: object) =>
    (await (await fetch(`${origin}${path}`, body && { method: 'POST', body: JSON.stringify(body) })).json()) as Answer;
  const { userId, requestId } = await call('/api/v2/login', { address, addressType: 'email' });
  const { code } = ((await call(`/local/outbox?address=${address}`)) as unknown as Answer[]).at(-1) ?? {};
  const { sessionKey = '' } = await call('/api/v2/completeLogin', { userId, requestId, code });
  return sessionKey;
}
