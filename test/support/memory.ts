import { branded } from '../../functions/core/branded.ts';
import type { Scope } from '../../functions/core/caller.ts';
import { keys } from '../../functions/core/keys.ts';
import type { UserId } from '../../functions/core/names.ts';
import type { Clock, Ports } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import type { Instance } from '../../functions/projects/instance.ts';
import { instanceItem } from '../../functions/projects/instance-store.ts';
import { rememberingFunctions } from './functions.ts';
import { type Http, httpOver } from './http.ts';
import { livePorts } from './live-ports.ts';
import { untilKilled } from './mortal-ports.ts';
import { rememberingBlobs, rememberingOutbox } from './remembering-ports.ts';
import { type Client, socketWorld } from './sockets.ts';
import { type SignedIn, signIn } from './world.ts';

/** The attributes of a key whose writer gave none, exactly as clients know them. */
export const unsaidAttributes = {
  type: 'text',
  readonly: false,
  visible: true,
  hardcoded: false,
  template: false,
  tags: [],
  zIndex: 0,
};

/** A frame of MindCache's as a client reads it. */
export interface MemoryFrame {
  readonly type: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly [field: string]: any;
}

export interface MemoryClient {
  readonly socket: Client;
  /** All frames received so far, in order. */
  frames(): MemoryFrame[];
  /** Frames received since the last call. */
  news(): MemoryFrame[];
  send(type: string, fields?: object): void;
  /** The state of a client that applies frames as they arrive, and ignores versions. */
  view(): Record<string, unknown>;
}

/**
 * Sockets of instances over fresh tables: real events into the real handlers.
 * @param wait replaces the clock's waits, so that a test need not wait for code that checks again after seconds
 */
export async function memoryWorld(settings: Partial<Settings> = {}, { wait }: Partial<Pick<Clock, 'wait'>> = {}) {
  const { ports: base, errors, advance } = await livePorts({ accountOrigins: [], ...settings });
  const clock: Clock = wait ? { ...base.clock, wait } : base.clock;
  const outbox = rememberingOutbox();
  const blobs = rememberingBlobs();
  const sockets = socketWorld(
    Object.create(base, {
      clock: { value: clock },
      outbox: { value: outbox },
      blobs: { value: blobs },
      functions: { get: () => functions },
    }) satisfies Ports,
  );
  const functions = rememberingFunctions(() => sockets.ports);
  const { ports } = sockets;
  const http = httpOver(ports);
  let count = 0;

  function over(socket: Client): MemoryClient {
    let seen = 0;
    const frames = () => socket.texts.map((text): MemoryFrame => JSON.parse(text));
    return {
      socket,
      frames,
      news() {
        const all = frames();
        const fresh = all.slice(seen);
        seen = all.length;
        return fresh;
      },
      send: (type, fields = {}) => socket.sendText(JSON.stringify({ type, ...fields })),
      view: () => viewOf(frames()),
    };
  }

  return {
    ...sockets,
    errors,
    advance,
    http,
    blobs,
    functions,
    /** A socket of any kind. */
    open: sockets.connect,
    /** A user who signs in with a code. */
    person: (address = `person-${++count}@example.com`): Promise<SignedIn> => signIn(http, outbox, address),
    /** An instance of a user, in a project of theirs. */
    async instanceOf({ userId }: SignedIn, more: Partial<Instance> = {}): Promise<string> {
      const id = `instance-${++count}-${ports.ids.uuid()}`;
      const owner = branded<UserId>(userId);
      const now = ports.clock.now();
      const project = { projectId: `project of ${id}`, ownerId: owner, projectOwnerId: owner };
      const rest = { name: 'main', isReadOnly: false, hasWebhooks: false, createdAt: now, updatedAt: now };
      await ports.table.put(instanceItem({ id, ...project, ...rest, ...more }));
      return id;
    },
    async share(instanceId: string, { userId }: SignedIn, permission: Scope): Promise<void> {
      const [resource, target] = [{ type: 'instance', id: instanceId } as const, { type: 'user', id: userId } as const];
      const share = { id: ports.ids.uuid(), resource, target, permission, createdAt: ports.clock.now() };
      await ports.table.put({ ...keys.sharedTo(resource, target), ...share });
    },
    /** Handles a request, and dies before its n-th I/O. */
    async dying(ios: number, ask: (http: Http) => Promise<unknown>): Promise<void> {
      await untilKilled(ports, ios, (mine) => ask(httpOver(mine)));
      await sockets.settled();
    },
    /** A user's socket that has been greeted. */
    async connect(instanceId: string, who?: SignedIn, options: Parameters<typeof sockets.connect>[0] = {}) {
      const query = { ...options.query, ...(who ? { access_token: who.sessionKey } : {}) };
      const client = over(await sockets.connect({ ...options, path: `/sync/${instanceId}`, query }));
      await sockets.settled();
      return client;
    },
    /** A socket whose greeting the test does not wait for. */
    openSocket: (path: string, query: Record<string, string>) => sockets.connect({ path, query }),
    /** The keys of an instance as read over HTTP. */
    async read(instanceId: string, { sessionKey }: SignedIn): Promise<Record<string, unknown>> {
      const { body } = await http('GET', `/api/instances/${instanceId}/keys`, { as: sessionKey });
      const entries = Object.entries<{ value: unknown }>(body.keys);
      return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
    },
  };
}

export type MemoryWorld = Awaited<ReturnType<typeof memoryWorld>>;

/** Applies frames like the published client. */
function viewOf(frames: readonly MemoryFrame[]): Record<string, unknown> {
  const view = new Map<string, unknown>();
  for (const frame of frames) {
    if (frame.type === 'sync') {
      for (const [key, { value }] of Object.entries<{ value: unknown }>(frame.data)) view.set(key, value);
    } else if (frame.type === 'key_updated') view.set(frame.key, frame.value);
    else if (frame.type === 'key_deleted') view.delete(frame.key);
    else if (frame.type === 'cleared') view.clear();
  }
  return Object.fromEntries(view);
}

/** A random change of one of a few keys. */
export function changing(below: (limit: number) => number): [type: string, fields: object] {
  const key = `key ${below(2)}`;
  const dice = below(20);
  if (dice === 0) return ['clear', {}];
  if (dice < 6) return ['delete', { key }];
  // One in four is too large for the row of its key.
  const value = below(1_000);
  return ['set', { key, value: below(4) === 0 ? `${value}`.padEnd(5_000) : value }];
}
