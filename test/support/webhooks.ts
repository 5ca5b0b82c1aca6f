import { Webhook } from 'standardwebhooks';
import type { Job, Ports, Reminder } from '../../functions/core/ports.ts';
import { work as fanOutWork } from '../../functions/fanout/work.ts';
import { hookedChanges } from '../../functions/instance-webhooks/changes-in-stream.ts';
import { work } from '../../functions/instance-webhooks/work.ts';
import type { ServiceRequest } from '../../local/parts.ts';
import { httpOver } from './http.ts';
import { instancesOver } from './instances.ts';
import { untilKilled } from './mortal-ports.ts';
import { rememberingFanOut, rememberingReminders } from './remembering-ports.ts';
import { type Reaction, type Service, startService } from './service.ts';
import { streamOver } from './stream.ts';
import { makeWorld } from './world.ts';

/** A delivery to a receiver, once its signature has been checked. */
export interface Told {
  readonly id: string;
  // A test reads what it expects; a wrong guess fails the test.
  // biome-ignore lint/suspicious/noExplicitAny: any shape may come in
  readonly body: any;
}

type React = (request: ServiceRequest, count: number) => Reaction;
const allEvents = ['key.updated', 'key.deleted', 'instance.cleared'];

/** A deployment whose instances have webhooks: stream, queue and reminders run when a test says so. */
export async function webhookWorld() {
  const world = await makeWorld();
  const deliveries = rememberingFanOut();
  const reminders = rememberingReminders();
  const base: Ports = Object.create(world.ports, {
    deliveries: { value: deliveries },
    reminders: { value: reminders },
  });
  const stream = streamOver(base, [hookedChanges]);
  const { ports } = stream;
  const http = httpOver(ports);
  const receivers: Service[] = [];
  const taken = new Set<string>();

  /** Like the queue, this accepts a message only once. */
  function nextJob(): Job | undefined {
    for (let job = deliveries.jobs.shift(); job; job = deliveries.jobs.shift()) {
      const id = `${job.group} ${job.id}`;
      if (taken.has(id)) continue;
      taken.add(id);
      return job;
    }
    return undefined;
  }
  const textOf = ({ kind, body }: Job) => JSON.stringify({ kind, body });

  const instances = instancesOver({ http, signIn: world.signIn });

  /** An outside URL, which only these tests may reach. */
  async function receiverOf(react: React = () => ({ status: 204 })): Promise<Service> {
    const service = await startService(react);
    receivers.push(service);
    world.allowedHosts.add(service.endpoint.host);
    return service;
  }

  return {
    ...world,
    ...instances,
    ports,
    http,
    reminders,
    stream,
    /** Runs the stream, then the queue, until there is nothing left to do. */
    async settled({ times = 1 } = {}): Promise<void> {
      await stream.drain({ times });
      for (let job = nextJob(); job; job = nextJob()) {
        for (let time = 0; time < times; time++) await work(ports, textOf(job));
      }
    },
    /** Runs everything in the queue at once, like many environments of the function. */
    async atOnce(): Promise<void> {
      await stream.drain();
      const jobs: Job[] = [];
      for (let job = nextJob(); job; job = nextJob()) jobs.push(job);
      await Promise.all(jobs.map((job) => work(ports, textOf(job))));
    },
    /**
     * Runs the stream, then the queue, but the delivering process dies before its n-th I/O; the queue delivers again.
     * @returns whether any has died
     */
    async dying(ios: number): Promise<boolean> {
      await stream.drain();
      let isKilled = false;
      for (let job = nextJob(); job; job = nextJob()) {
        const text = textOf(job);
        if (await untilKilled(ports, ios, (mine) => work(mine, text))) {
          isKilled = true;
          await work(ports, text);
        }
      }
      return isKilled;
    },
    /**
     * Moves time to the next reminder of a webhook, and runs it.
     * @returns in how many ms it was due; undefined for none
     */
    async nextReminder(): Promise<number | undefined> {
      const due = reminders.waiting.filter(({ kind }) => kind === 'webhook-due');
      const [first] = due.toSorted((a, b) => a.at - b.at);
      if (!first) return undefined;
      reminders.waiting.splice(reminders.waiting.indexOf(first), 1);
      const inMs = first.at - world.clock.now();
      if (inMs > 0) world.clock.advance(inMs);
      await fanOutWork(ports, JSON.stringify(first satisfies Reminder));
      return inMs;
    },
    receiver: receiverOf,
    /** An instance whose webhook delivers to a receiver. */
    async hooked(
      react?: React,
      { events = allEvents, path = '/hook' }: { readonly events?: readonly string[]; readonly path?: string } = {},
    ) {
      const owner = await instances.person();
      const as = owner.sessionKey;
      const { id: projectId, defaultInstanceId: id } = await instances.project(as);
      const receiver = await receiverOf(react);
      const body = { url: `${receiver.endpoint.origin}${path}`, events };
      const { secret, id: webhookId } = (await http('POST', `/api/instances/${id}/webhooks`, { body, as })).body;
      const key = (name: string) => `/api/instances/${id}/keys/${encodeURIComponent(name)}`;
      return {
        id,
        projectId,
        owner,
        receiver,
        webhookId,
        set: (name: string, value: unknown, more: object = {}) =>
          http('PUT', key(name), { body: { value, ...more }, as }),
        drop: (name: string) => http('DELETE', key(name), { as }),
        clear: () => http('DELETE', `/api/instances/${id}/keys`, { as }),
        told: () => toldTo(receiver, secret),
        versions: () => toldTo(receiver, secret).map(({ body: { data } }) => data.version),
        shown: async () => (await http('GET', `/api/instances/${id}/webhooks`, { as })).body.webhooks[0],
      };
    },
    close: () => Promise.all(receivers.map((one) => one.close())),
  };
}

/** What a receiver got, in order. @throws Error if a signature is wrong */
export function toldTo({ requests }: Service, secret: string): Told[] {
  return requests.map(({ headers, body }) => {
    const { 'webhook-id': id = '', 'webhook-timestamp': timestamp } = headers;
    const right = new Webhook(secret).sign(id, new Date(Number(timestamp) * 1000), body);
    if (headers['webhook-signature'] !== right)
      throw new Error(`The signature is wrong: ${headers['webhook-signature']}`);
    return { id, body: JSON.parse(body.toString()) };
  });
}
