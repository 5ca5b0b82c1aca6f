import type { Metered } from '../../functions/adapters/dynamodb-meter.ts';
import { receive } from '../../functions/connections/message.ts';
import { directEvent } from '../../functions/connections/socket-event.ts';
import { type Limits, noLimits } from '../../functions/core/limits.ts';
import type { Functions, Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import type { StartedJob } from '../../functions/documents/jobs.ts';
import { work as documentsWork } from '../../functions/documents/jobs.ts';
import { anyDoor } from './any-door.ts';
import { connectionToken } from './connection-token.ts';
import { httpOver } from './http.ts';
import { livePorts } from './live-ports.ts';
import { rememberingBlobs, rememberingOutbox } from './remembering-ports.ts';
import type { Client } from './sockets.ts';
import { socketWorld } from './sockets.ts';
import { type SignedIn, signIn } from './world.ts';

/** A message as a client reads it. */
// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
export type Message = Readonly<Record<string, any>>;

/** A CasualOS client that has logged in. */
export interface Watcher extends Client {
  /** Sends a message as a frame of its own, concurrently with everything else. */
  say(message: object): void;
  /** All messages received, big ones fetched, oldest first. */
  messages(type?: string): Message[];
  /** Error events. */
  errors(): Message[];
  /** All updates received, initial ones included. */
  updates(): string[];
}

/** A world for tests of branches: sockets, lane, fan-out, blobs and jobs of documents over fresh tables. */
export async function branchWorld(settings: Partial<Settings> = {}, limits: Limits = noLimits) {
  /** What each call of the tables has cost since a test emptied this. */
  const calls: Metered[] = [];
  const anonymous = new Set(['rooms', 'insts'] as const);
  const live = await livePorts({ anonymous, ...settings }, (call) => void calls.push(call));
  const blobs = rememberingBlobs();
  const started: StartedJob[] = [];
  const under = new Set<Promise<unknown>>();
  let ports: Ports;
  const functions: Functions = {
    invoke: () => Promise.reject(new Error('these tests invoke no function')),
    async start(_, event) {
      const job = event as StartedJob; // our functions start only jobs
      started.push(job);
      const run = documentsWork(ports, job).catch((cause) => live.errors.push(cause));
      under.add(run);
      void run.finally(() => under.delete(run));
    },
  };
  const outbox = rememberingOutbox();
  const base: Ports = Object.create(live.ports, {
    blobs: { value: blobs },
    functions: { value: functions },
    outbox: { value: outbox },
    limits: { value: limits },
  });
  const world = socketWorld(base);
  ports = world.ports;
  const http = httpOver(ports);
  let count = 0;

  const messageIn = ([type, , content]: [number, unknown, Message | string]): Message[] => {
    if (type === 1) return [content as Message];
    const name = type === 4 ? blobs.nameIn(String(content)) : undefined;
    return name === undefined ? [] : [JSON.parse(blobs.texts.get(name) ?? 'null')];
  };

  function watcher(client: Client): Watcher {
    const events = (): [number, unknown, Message | string][] => client.texts.map((text) => JSON.parse(text));
    const messages = (type?: string) =>
      events()
        .flatMap(messageIn)
        .filter((message) => type === undefined || message.type === type);
    return Object.assign(client, {
      say: (message: object) => world.dispatch(client, JSON.stringify([1, ++count, message])),
      messages,
      errors: () => events().flatMap(([type, , content]) => (type === 5 ? [content as Message] : [])),
      updates: () => messages('repo/add_updates').flatMap((message) => message.updates),
    });
  }

  async function settled(): Promise<void> {
    do {
      await world.settled();
      await Promise.all(under);
    } while (under.size > 0);
  }

  return {
    ...world,
    settled,
    blobs,
    calls,
    /** The message in a frame; undefined in errors. */
    messageIn: (text: string): Message | undefined => messageIn(JSON.parse(text))[0],
    /** Jobs that were started. */
    started,
    failures: live.errors,
    http,
    /** A user who signs in with a code over HTTP. */
    person: (address: string): Promise<SignedIn> => signIn(http, outbox, address),
    advance: live.advance,
    /** A socket of the array protocol that has sent nothing yet. */
    silent: async (): Promise<Watcher> => watcher(await world.connect({ path: '/websocket' })),
    /** Such a socket that has logged in anonymously. */
    async anonymous(connectionId = `device ${++count}`): Promise<Watcher> {
      const client = await this.silent();
      client.say({ type: 'login', connectionId });
      await settled();
      return client;
    },
    /** A signed-in user's socket with a login; its token is for that inst. */
    async signedIn(person: SignedIn, inst: { readonly recordName: string | null; readonly inst: string }) {
      const client = await this.silent();
      const connectionId = `device ${++count}`;
      client.say({ type: 'login', connectionToken: connectionToken(person.connectionKey, { ...inst, connectionId }) });
      await settled();
      return client;
    },
    /** A frame that the gateway received at that time, and that is only processed now. */
    async lateFrame(client: Client, at: number, message: object, given = ports): Promise<void> {
      const requestId = `late ${++count}`;
      const requestContext = { eventType: 'MESSAGE', connectionId: client.id, requestId, requestTimeEpoch: at };
      await receive(given, directEvent({ requestContext, body: JSON.stringify([1, ++count, message]) }), anyDoor);
    },
    /** A socket that has logged in and watches already. */
    async watching(branch: object, connectionId?: string): Promise<Watcher> {
      const client = await this.anonymous(connectionId);
      client.say({ type: 'repo/watch_branch', ...branch });
      await settled();
      return client;
    },
  };
}

export type BranchWorld = Awaited<ReturnType<typeof branchWorld>>;

/** A public branch that no other test uses. */
export const newBranch = (branch = 'default') => ({
  recordName: null,
  inst: `inst ${Math.random().toString(36).slice(2)}`,
  branch,
});

/** Any text will do: the server need not understand updates. */
export const update = (text: string): string => Buffer.from(text).toString('base64');
