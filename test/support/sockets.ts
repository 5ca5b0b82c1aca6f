import { connect } from '../../functions/connections/connect.ts';
import { follow } from '../../functions/connections/lane.ts';
import { receive } from '../../functions/connections/message.ts';
import type { LaneRecord } from '../../functions/connections/socket-event.ts';
import { directEvent, laneEvent } from '../../functions/connections/socket-event.ts';
import { workOff } from '../../functions/core/batch.ts';
import { branded } from '../../functions/core/branded.ts';
import type { CloseReason } from '../../functions/core/errors.ts';
import { packJob } from '../../functions/core/job-text.ts';
import type { ConnectionId } from '../../functions/core/names.ts';
import type { FanOut, Gateway, Job, Lane, Ports, Reminder } from '../../functions/core/ports.ts';
import { work } from '../../functions/fanout/work.ts';
import { anyDoor } from './any-door.ts';
import { rememberingReminders } from './remembering-ports.ts';

/** A frame as a client reads it. */
export interface Heard {
  readonly type: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly payload: any;
}

/** One socket with everything it has received. */
export interface Client {
  readonly id: ConnectionId;
  readonly heard: Heard[];
  /** Every frame as it came; never cleared. */
  readonly texts: readonly string[];
  send(type: string, payload?: unknown): void;
  sendText(text: string): void;
  /** A frame in the lane that the test delivers itself, once or again. */
  laneFrame(type: string, payload: unknown): { deliver(attempt: number): Promise<void> };
  /** The same for a frame without a payload, as its text; `as`: to a process with its own ports. */
  laneText(text: string): { deliver(attempt: number, as?: Ports): Promise<void> };
  /** Returns the received frames and clears them. */
  take(): Heard[];
  of(type: string): Heard[];
  /** Ends with a close frame: `$disconnect` follows. */
  close(): void;
  /** The network fails: posts answer 410, and nothing else happens. */
  vanish(): void;
}

/** As much as SQS accepts. */
const largestJob = 256 * 1024;

/**
 * A small WebSocket API, lane and fan-out queue: real events into the real handlers, frames of one connection in order,
 * connections concurrently, failures redelivered as SQS does.
 */
export function socketWorld(base: Ports) {
  const open = new Map<ConnectionId, (frame: string) => void>();
  const clogged = new Set<ConnectionId>();
  const chains = new Map<string, Promise<void>>();
  const dead: unknown[] = [];
  const lost: unknown[] = [];
  const seen = new Set<string>();
  const endings = new Map<ConnectionId, CloseReason>();
  let count = 0;
  let killAfter = Number.POSITIVE_INFINITY;
  let deliveries = 1;
  let onItsWay: (() => Promise<void>) | undefined;

  const gateway: Gateway = {
    async post(to, frame) {
      const gone = to.filter((id) => !open.has(id));
      const failed = to.filter((id) => open.has(id) && clogged.has(id));
      const deliver = async (id: ConnectionId) => {
        await onItsWay?.();
        if (!clogged.has(id)) open.get(id)?.(frame);
      };
      await Promise.all(to.map(deliver));
      return { gone, failed, ...(failed.length > 0 ? { slow: failed } : {}) };
    },
    async close(id, why) {
      if (open.delete(id)) endings.set(id, why);
      enqueueDisconnect(id);
    },
  };
  const fanOut: FanOut = {
    async send(jobs) {
      for (const job of jobs) {
        if (seen.has(job.id)) continue;
        seen.add(job.id);
        const { kind, group, body } = job;
        const text = packJob({ kind, group, body });
        if (Buffer.byteLength(text) > largestJob) throw new RangeError(`A job of ${text.length} characters`);
        enqueue(group, (ports) => work(ports, text));
      }
    },
  };
  const reminders = rememberingReminders();
  const lane: Lane = {
    async greet(id) {
      enqueueLane(id, 'GREETING', '-');
    },
  };
  const ports: Ports = Object.create(base, {
    gateway: { value: gateway },
    fanOut: { value: fanOut },
    reminders: { value: reminders },
    lane: { value: lane },
  });

  /** The same ports in a process that is killed before its n-th I/O: that one never returns. */
  function mortal(killed: () => void): Ports {
    let left = killAfter;
    const guarded = <T extends object>(port: T): T =>
      new Proxy(port, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (--left >= 0) return value.apply(target, args);
            killAfter = Number.POSITIVE_INFINITY;
            killed();
            return new Promise(() => {});
          };
        },
      });
    return Object.create(ports, {
      table: { value: guarded(ports.table) },
      connections: { value: guarded(ports.connections) },
      gateway: { value: guarded(gateway) },
      fanOut: { value: guarded(fanOut) },
      reminders: { value: guarded(reminders) },
      blobs: { get: () => guarded(ports.blobs) },
      functions: { get: () => guarded(ports.functions) },
    });
  }

  function enqueue(group: string, run: (ports: Ports, attempt: number) => Promise<unknown>, tries = 3): void {
    const before = chains.get(group) ?? Promise.resolve();
    const next = before.then(async () => {
      for (let attempt = 1; attempt <= tries; attempt++) {
        try {
          if (!Number.isFinite(killAfter)) {
            for (let again = 0; again < deliveries; again++) await run(ports, attempt + again);
            return;
          }
          const killed = Promise.withResolvers<never>();
          const mine = mortal(() => killed.reject(new Error('killed between two I/Os')));
          return void (await Promise.race([run(mine, attempt), killed.promise]));
        } catch (cause) {
          if (attempt === 3) dead.push(cause);
          if (tries === 1) lost.push(cause);
        }
      }
    });
    chains.set(group, next);
  }

  function laneFrame(id: ConnectionId, eventType: string, body: string) {
    const context = new URLSearchParams({
      connectionId: id,
      requestId: `request-${++count}`,
      eventType,
      requestTimeEpoch: String(base.clock.now()),
    });
    const SequenceNumber = String(count).padStart(20, '0');
    return {
      async deliver(attempt: number, given: Ports = ports): Promise<void> {
        const record: LaneRecord = {
          messageId: `message-${context.get('requestId')}`,
          body,
          attributes: {
            MessageGroupId: id,
            SequenceNumber,
            ApproximateReceiveCount: String(attempt),
            SentTimestamp: '0',
          },
          messageAttributes: { context: { stringValue: context.toString() } },
        };
        const answer = await workOff(given, [record], (one) => follow(given, laneEvent(one), anyDoor));
        if (answer.batchItemFailures.length > 0) throw new Error('returned to the lane');
      },
    };
  }

  function enqueueLane(id: ConnectionId, eventType: string, body: string): void {
    const frame = laneFrame(id, eventType, body);
    enqueue(`lane:${id}`, (given, attempt) => frame.deliver(attempt, given));
  }

  const enqueueDisconnect = (id: ConnectionId) => enqueueLane(id, 'DISCONNECT', '-');

  /** Resolves when nothing is under way any more. */
  async function settled(): Promise<void> {
    for (let before = -1; before !== chains.size; ) {
      before = chains.size;
      let waiting: Promise<void>[] = [];
      do {
        waiting = [...chains.values()];
        await Promise.all(waiting);
      } while ([...chains.values()].some((chain) => !waiting.includes(chain)));
    }
  }

  return {
    ports,
    /** Messages that were given up after all attempts. */
    dead,
    /**
     * The first handler to get that far dies before its n-th I/O (0: before the first); its message is then delivered
     * again.
     */
    killNextAfter(ios: number) {
      killAfter = ios;
    },
    /** From now on everything is delivered so many times, as at-least-once delivery permits. */
    deliverTimes(times: number) {
      deliveries = times;
    },
    /** From now on each frame to each client takes as long as this does; concurrent frames may overtake each other. */
    delayPosts(wait: () => Promise<void>) {
      onItsWay = wait;
    },
    async connect({
      path = '/live',
      query = {},
      headers = {},
      ip = '203.0.113.9',
      onFrame,
    }: {
      path?: string;
      query?: Record<string, string>;
      headers?: Record<string, string>;
      ip?: string;
      /** Called with every frame that the client receives. */
      onFrame?: (client: Client, frame: string) => void;
    } = {}): Promise<Client> {
      const id = branded<ConnectionId>(`c${String(++count).padStart(6, '0')}=`);
      const now = base.clock.now();
      const answer = await connect(ports, {
        requestContext: {
          eventType: 'CONNECT',
          connectionId: id,
          requestId: `request-${++count}`,
          requestTimeEpoch: now,
          connectedAt: now,
          identity: { sourceIp: ip },
        },
        headers,
        queryStringParameters: { ...query, path },
      });
      if (answer.statusCode !== 200) throw new Refused(answer.statusCode);
      const heard: Heard[] = [];
      const texts: string[] = [];
      open.set(id, (frame) => {
        texts.push(frame);
        heard.push(JSON.parse(frame));
        onFrame?.(client, frame);
      });
      const client: Client = {
        id,
        heard,
        texts,
        send: (type, payload) => client.sendText(JSON.stringify(payload === undefined ? { type } : { type, payload })),
        sendText: (text) => {
          if (open.has(id)) enqueueLane(id, 'MESSAGE', text);
        },
        laneText: (text) => laneFrame(id, 'MESSAGE', text),
        laneFrame: (type, payload) => laneFrame(id, 'MESSAGE', JSON.stringify({ type, payload })),
        take: () => heard.splice(0),
        of: (type) => heard.filter((frame) => frame.type === type),
        close: () => {
          if (open.delete(id)) enqueueDisconnect(id);
        },
        vanish: () => open.delete(id),
      };
      return client;
    },
    /** From now on the client accepts nothing, or everything again. */
    clog(client: Client, isClogged: boolean): void {
      if (isClogged) clogged.add(client.id);
      else clogged.delete(client.id);
    },
    /** Whether the socket is open, as far as the gateway knows. */
    isOpen: (client: Client): boolean => open.has(client.id),
    /** Why the server closed the socket; undefined if it did not. */
    endedFor: (client: Client): CloseReason | undefined => endings.get(client.id),
    /** Takes the direct route, past the lane; `as`: to a process with its own ports. */
    async direct(client: Client, text: string, as: Ports = ports): Promise<void> {
      await receive(
        as,
        directEvent({
          requestContext: {
            eventType: 'MESSAGE',
            connectionId: client.id,
            requestId: `request-${++count}`,
            requestTimeEpoch: base.clock.now(),
          },
          body: text,
        }),
        anyDoor,
        { comesAgain: false },
      );
    },
    /**
     * Also takes the direct route, concurrently with everything else. If its handler dies, it is not delivered again.
     */
    dispatch(client: Client, text: string): void {
      if (!open.has(client.id)) return;
      const requestId = `request-${++count}`;
      const { connectionId, requestTimeEpoch } = { connectionId: client.id, requestTimeEpoch: base.clock.now() };
      const requestContext = { eventType: 'MESSAGE', connectionId, requestId, requestTimeEpoch };
      const event = directEvent({ requestContext, body: text });
      enqueue(requestId, (given) => receive(given, event, anyDoor, { comesAgain: false }), 1);
    },
    /** What failed or died on the direct route. */
    lost,
    /** Runs a job as the fan-out queue would deliver it. */
    deliver: (job: Job) => work(ports, JSON.stringify(job)),
    /** Reminders that are set. */
    reminders: reminders.waiting,
    /** Delivers every reminder that is due, and those that come due meanwhile, as their queue would. */
    async remind(): Promise<void> {
      const isDue = ({ at }: Reminder) => at <= base.clock.now();
      while (reminders.waiting.some(isDue)) {
        for (const reminder of reminders.waiting.splice(0)) {
          if (!isDue(reminder)) reminders.waiting.push(reminder);
          else enqueue(`reminder:${++count}`, (given) => work(given, JSON.stringify(reminder)));
        }
        await settled();
      }
    },
    settled,
  };
}

/** The handshake was answered with another status than 101. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the upgrade was answered with ${status}`);
    this.status = status;
  }
}
