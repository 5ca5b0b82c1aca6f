import { connect } from '../../functions/connections/connect.ts';
import { follow } from '../../functions/connections/lane.ts';
import { receive } from '../../functions/connections/message.ts';
import { socketDoor } from '../../functions/connections/operations.ts';
import type { LaneRecord } from '../../functions/connections/socket-event.ts';
import { directEvent, laneEvent } from '../../functions/connections/socket-event.ts';
import { type App, defineApp } from '../../functions/core/app.ts';
import { workOff } from '../../functions/core/batch.ts';
import { branded } from '../../functions/core/branded.ts';
import type { ConnectionId, EpochMs } from '../../functions/core/names.ts';
import type { Gateway, Job, Ports, Reminder } from '../../functions/core/ports.ts';
import type { Settings } from '../../functions/core/settings.ts';
import type { StartedJob } from '../../functions/documents/jobs.ts';
import { work as documentsWork } from '../../functions/documents/jobs.ts';
import { work } from '../../functions/fanout/work.ts';
import { storeDoor } from '../../functions/store-frames/door.ts';
import { type Http, httpOver } from '../../test/support/http.ts';
import { livePorts } from '../../test/support/live-ports.ts';
import { rememberingBlobs, rememberingOutbox } from '../../test/support/remembering-ports.ts';
import type { Consumption } from '../prices.ts';
import { meteredFrameBytes, processorShare } from '../prices.ts';
import { batched, payloadRequests } from './queue-requests.ts';
import { longestChain, type Span, watchCalls } from './spans.ts';

/** Everything one or more operations consumed. */
export interface Ledger extends Consumption {
  readonly tableCalls: number;
  /** Frames to members, without incoming ones. */
  readonly frames: number;
  /** Table calls in sequence before the first frame went out; 0 when none did. */
  readonly tripsToFirstFrame: number;
  readonly cpuMs: number;
  /** Queue requests if no two messages ever shared a call. */
  readonly queueRequestsApart: number;
}

/** How long one sequential call takes in the same region: a usual value, not measured here. */
const tableMs = 3;
const postMs = 10;
const postsAtOnce = 100;
/** Request and answer of the lane: sent by the gateway, received and deleted by Lambda. */
const laneRequests = 3;
/** A reminder is received and deleted. */
const reminderRequests = 2;

/**
 * A deployment without a network: the real handlers, called one after the other, over fresh tables, with the signing
 * HTTP gateway of AWS, and a clock that is moved instead of waiting. It adds up the charges.
 */
export async function openDeployment(posting: Gateway, app: Partial<App> = {}, settings: Partial<Settings> = {}) {
  const watch = watchCalls();
  const total = { tableCalls: 0, readUnits: 0, writeUnits: 0, gatewayMessages: 0, frames: 0, cpuMs: 0, billedMs: 0 };
  const requests = { queueRequests: 0, queueRequestsApart: 0, invocations: 0 };
  const { ports: base, errors } = await livePorts(settings, ({ reads, writes }) => {
    total.readUnits += reads;
    total.writeUnits += writes;
  });
  let jobs: Job[] = [];
  const started: StartedJob[] = [];
  const reminders: Reminder[] = [];
  const outbox = rememberingOutbox();
  const seen = new Set<string>();
  const spans: Span[] = [];
  let firstFrameAt: number | undefined;
  let ahead = 0;
  let waitedMs = 0;
  let count = 0;

  const gateway: Gateway = {
    close: async () => {},
    async post(to, frame) {
      firstFrameAt ??= watch.now();
      if (frame.includes('"type":"error"')) errors.push(new Error(`refused: ${frame}`));
      total.frames += to.length;
      total.gatewayMessages += to.length * Math.ceil(Buffer.byteLength(frame) / meteredFrameBytes);
      waitedMs += postMs * Math.ceil(to.length / postsAtOnce);
      return posting.post(to, frame);
    },
  };
  const ports: Ports = Object.create(base, {
    clock: {
      value: {
        now: () => branded<EpochMs>(Date.now() + ahead),
        async wait(ms: number) {
          ahead += ms;
          waitedMs += ms;
        },
      },
    },
    table: { value: watch.table(base.table) },
    connections: { value: watch.table(base.connections) },
    gateway: { value: gateway },
    fanOut: {
      value: {
        async send(more: readonly Job[]) {
          const fresh = more.filter((job) => !seen.has(job.id));
          for (const job of fresh) seen.add(job.id);
          requests.queueRequests += batched(more).reduce((sum, batch) => sum + payloadRequests(batch), 0);
          requests.queueRequestsApart += more.reduce((sum, job) => sum + payloadRequests([job]), 0);
          jobs.push(...fresh);
        },
      },
    },
    lane: { value: { greet: async () => {} } },
    reminders: {
      value: {
        async set(reminder: Reminder) {
          requests.queueRequests += 1;
          requests.queueRequestsApart += 1;
          reminders.push(reminder);
        },
      },
    },
    outbox: { value: outbox },
    app: { value: defineApp({ ...base.app, ...app }) },
    blobs: { value: rememberingBlobs() },
    functions: {
      value: {
        invoke: () => Promise.reject(new Error('nothing here invokes a function')),
        // What functions of ours start has a job.
        start: async (_: string, event: object) => void started.push(event as StartedJob),
      },
    },
  });

  /** One invocation of a function. */
  async function invoke<T>(handle: () => Promise<T>): Promise<T> {
    watch.calls.length = 0;
    waitedMs = 0;
    const before = process.threadCpuUsage();
    const answer = await handle();
    const { user, system } = process.threadCpuUsage(before);
    const cpuMs = (user + system) / 1000;
    total.cpuMs += cpuMs;
    total.tableCalls += watch.calls.length;
    total.billedMs += cpuMs / processorShare + longestChain(watch.calls) * tableMs + waitedMs;
    requests.invocations += 1;
    spans.push(...watch.calls);
    return answer;
  }

  async function works(batch: readonly Job[]): Promise<void> {
    const once = payloadRequests(batch);
    requests.queueRequests += once + 1;
    requests.queueRequestsApart += batch.reduce((sum, job) => sum + payloadRequests([job]) + 1, 0);
    await invoke(() => Promise.all(batch.map((job) => work(ports, JSON.stringify(job)))));
  }

  const answer = httpOver(ports);
  /** A request over HTTP, which costs what a gateway's message does. */
  const http: Http = (method, path, options) => {
    total.gatewayMessages += 1;
    return invoke(() => answer(method, path, options));
  };

  /** A frame of that connection, through the lane. */
  async function sendText(id: ConnectionId, body: string): Promise<void> {
    const context = new URLSearchParams({
      connectionId: id,
      requestId: `request-${++count}`,
      eventType: 'MESSAGE',
      requestTimeEpoch: String(ports.clock.now()),
    });
    const record: LaneRecord = {
      messageId: `message-${count}`,
      body,
      attributes: { MessageGroupId: id, ApproximateReceiveCount: '1', SentTimestamp: '0' },
      messageAttributes: { context: { stringValue: context.toString() } },
    };
    total.gatewayMessages += Math.ceil(Buffer.byteLength(body) / meteredFrameBytes);
    requests.queueRequests += laneRequests;
    requests.queueRequestsApart += laneRequests;
    const worked = await invoke(() => workOff(ports, [record], (one) => follow(ports, laneEvent(one), socketDoor)));
    if (worked.batchItemFailures.length > 0) throw new Error(`the lane gave back ${body}`);
  }

  return {
    /** Errors in handlers: if there are any, the figures are worthless. */
    errors,
    now: () => ports.clock.now(),
    putForward(ms: number) {
      ahead += ms;
    },
    ports,
    async connect(path = '/live', query: Readonly<Record<string, string>> = {}): Promise<ConnectionId> {
      const id = branded<ConnectionId>(`Conn${String(++count).padStart(11, '0')}=`);
      const now = ports.clock.now();
      const requestContext = {
        eventType: 'CONNECT',
        connectionId: id,
        requestId: `request-${++count}`,
        requestTimeEpoch: now,
        connectedAt: now,
      };
      const event = { requestContext, queryStringParameters: { ...query, path } };
      const { statusCode } = await invoke(() => connect(ports, event));
      if (statusCode !== 200) throw new Error(`$connect answered ${statusCode}`);
      return id;
    },
    http,
    /** Mails and text messages. */
    outbox,
    sendText,
    /** The same, of clients whose frames have a payload. */
    send: (id: ConnectionId, type: string, payload: unknown) => sendText(id, JSON.stringify({ type, payload })),
    /** Moves the clock forward to each reminder, and runs its job. */
    async remind(): Promise<void> {
      for (const reminder of reminders.splice(0)) {
        ahead += Math.max(0, reminder.at - ports.clock.now());
        requests.queueRequests += reminderRequests;
        requests.queueRequestsApart += reminderRequests;
        await invoke(() => work(ports, JSON.stringify(reminder)));
      }
    },
    /** A request of that connection to the store, past the lane. */
    async ask(id: ConnectionId, type: string, fields: object): Promise<void> {
      const body = JSON.stringify({ id: ++count, type, ...fields });
      const requestContext = {
        eventType: 'MESSAGE',
        connectionId: id,
        requestId: `request-${count}`,
        requestTimeEpoch: ports.clock.now(),
      };
      total.gatewayMessages += Math.ceil(Buffer.byteLength(body) / meteredFrameBytes);
      await invoke(() => receive(ports, directEvent({ requestContext, body }), storeDoor, { comesAgain: false }));
    },
    /** One invocation of any function. */
    async run(handle: (ports: Ports) => Promise<void>): Promise<void> {
      await invoke(() => handle(ports));
    },
    /** A frame that takes the direct route. */
    async sendDirectly(connectionId: ConnectionId, body: string): Promise<void> {
      const requestTimeEpoch = ports.clock.now();
      const requestContext = { eventType: 'MESSAGE', connectionId, requestId: `request-${++count}`, requestTimeEpoch };
      total.gatewayMessages += Math.ceil(Buffer.byteLength(body) / meteredFrameBytes);
      const event = directEvent({ requestContext, body });
      await invoke(() => receive(ports, event, socketDoor, { comesAgain: false }));
    },
    /**
     * Runs started jobs, and the jobs that are in the fan-out queue by now, in the batches that the queue would make.
     * Flushes of windows that are not over stay.
     */
    async drain({ early = false } = {}): Promise<void> {
      for (;;) {
        for (const event of started.splice(0)) await invoke(() => documentsWork(ports, event));
        const due = jobs.filter((job) => early || dueAt(job) <= ports.clock.now());
        if (due.length === 0) return;
        jobs = jobs.filter((job) => !due.includes(job));
        for (const batch of batched(due)) await works(batch);
      }
    },
    /** Runs some operations and reports what they consumed. */
    async measure(run: () => Promise<void>): Promise<Ledger> {
      for (const counters of [total, requests])
        for (const name of Object.keys(counters)) Reflect.set(counters, name, 0);
      spans.length = 0;
      firstFrameAt = undefined;
      await run();
      const first = firstFrameAt;
      const before = spans.filter((span) => first !== undefined && span.end < first);
      return { ...total, ...requests, tripsToFirstFrame: longestChain(before) };
    },
  };
}

export type Deployment = Awaited<ReturnType<typeof openDeployment>>;

/** A window's flush waits for its end; everything else is for now. */
function dueAt({ kind, body }: Job): number {
  return kind === 'flush' && typeof body === 'object' && body !== null && 'flushAt' in body ? Number(body.flushAt) : 0;
}
