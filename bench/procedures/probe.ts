import type { HttpReply, RequestOptions } from '../../test/support/http.ts';
import type { World } from '../../test/support/world.ts';
import { batched, payloadRequests } from '../costs/queue-requests.ts';

/** What one request consumed, everything up to its answer. */
export interface Sample {
  readonly tableCalls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Sent, received and deleted; what the jobs themselves do is not counted. */
  readonly queueRequests: number;
  /** Mails and text messages. */
  readonly messages: number;
  readonly ms: number;
}

export interface Call extends Pick<RequestOptions, 'headers'> {
  /** A credential to show. */
  readonly as?: string | undefined;
  /** Distinguishes what one procedure does under different circumstances. */
  readonly how?: string;
}

/** Sends requests as clients do, and records what each consumed, under the name of what was requested. */
export interface Probe {
  /**
   * Calls a procedure by its name.
   * @throws Error when it is refused
   */
  call(procedure: string, input: object, call?: Call): Promise<HttpReply['body']>;
  /** Requests a path that is no procedure. @throws Error when it is refused */
  ask(what: string, method: string, path: string, options?: RequestOptions): Promise<HttpReply['body']>;
}

/** Everything recorded so far. */
export interface Notes {
  readonly samples: Map<string, Sample[]>;
  readonly procedures: Set<string>;
  /** The times of an empty route, requested before each request. */
  readonly emptyMs: number[];
}

export function openProbe({ http, calls, outbox, fanOut }: World, notes: Notes): Probe {
  const probe: Probe = {
    async call(procedure, input, { how, ...options } = {}) {
      notes.procedures.add(procedure);
      const what = how === undefined ? procedure : `${procedure}, ${how}`;
      return probe.ask(what, 'POST', '/api/v3/callProcedure', { ...options, body: { procedure, input } });
    },
    async ask(what, method, path, options) {
      notes.emptyMs.push((await timed(() => http('GET', '/health'))).ms);
      for (const remembered of [calls, outbox.messages, fanOut.jobs]) remembered.length = 0;
      const { reply, ms } = await timed(() => http(method, path, options));
      if (reply.status >= 300) throw new Error(`${what} answered ${reply.status}: ${reply.text}`);
      const sample: Sample = {
        tableCalls: calls.length,
        readUnits: calls.reduce((sum, { reads }) => sum + reads, 0),
        writeUnits: calls.reduce((sum, { writes }) => sum + writes, 0),
        queueRequests: batched(fanOut.jobs).reduce((sum, batch) => sum + 2 * payloadRequests(batch) + 1, 0),
        messages: outbox.messages.length,
        ms,
      };
      notes.samples.set(what, [...(notes.samples.get(what) ?? []), sample]);
      return reply.body;
    },
  };
  return probe;
}

async function timed(request: () => Promise<HttpReply>): Promise<{ readonly reply: HttpReply; readonly ms: number }> {
  const startedAt = performance.now();
  const reply = await request();
  return { reply, ms: performance.now() - startedAt };
}
