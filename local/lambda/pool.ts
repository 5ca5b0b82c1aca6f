import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chaos, FunctionPart, Outcome, Sink } from '../parts.ts';
import type { Environment } from './environment.ts';

/** The execution environments of one function. */
export interface Pool {
  invoke(event: string, sink?: Sink): Promise<Outcome>;
  /** Makes sure that one environment exists before it is needed. */
  warm(): Promise<void>;
  /** Running invocations end in their current code; later ones get new environments. */
  replace(): void;
  stop(): void;
}

export interface PoolOptions {
  readonly part: FunctionPart;
  /** The maximum number of environments. */
  readonly limit: number;
  readonly chaos?: Chaos;
  /** @throws Error when the bundle cannot be loaded */
  start(onEnd: () => void): Promise<Environment>;
}

/**
 * A waiting event prefers a busy environment soon over a new one, because threads are expensive and handlers are quick.
 */
const PATIENCE_MS = 15;
/** The share of all processors' time above which another environment would not help a function. */
const OVERWORKED = 0.5;
/** After this time one is started nevertheless, because the others may be stuck in endless loops. */
const STUBBORN_MS = 3_000;
/** Not beyond this many: more only help handlers that wait for something, and compute next to nothing. */
const STUBBORN_UP_TO = 16;
const processors = availableParallelism();
/** An execution environment that is unused for this long is ended. */
const IDLE_LIMIT_MS = 5 * 60_000;

type Member = { environment: Environment | undefined; busy: boolean; retired: boolean; usedAt: number };
type Waiting = { event: string; sink: Sink | undefined; settle(outcome: Outcome): void };

export function createPool({ part, limit, chaos, start }: PoolOptions): Pool {
  const members = new Set<Member>();
  const idle: Member[] = [];
  const waiting: Waiting[] = [];
  let starting: Promise<void> | undefined;
  let patience: NodeJS.Timeout | undefined;
  let grownAt = 0;
  let stopped = false;

  function dispatch(): void {
    while (waiting.length > 0) {
      // The one used last, because its caches and connections are the freshest. The others may then become idle and
      // end.
      const member = idle.pop();
      if (member === undefined) break;
      const next = waiting.shift();
      if (next !== undefined) void run(member, next);
    }
    if (waiting.length === 0 || starting !== undefined || members.size >= limit) return;
    if (members.size === 0) void grow();
    else patience ??= setTimeout(outOfPatience, PATIENCE_MS);
  }

  function outOfPatience(): void {
    patience = undefined;
    if (waiting.length === 0 || starting !== undefined || stopped) return;
    const isStubborn = members.size < STUBBORN_UP_TO && Date.now() - grownAt > STUBBORN_MS;
    const mayHelp = isStubborn || !isOverworked();
    if (!mayHelp) patience = setTimeout(outOfPatience, PATIENCE_MS);
    else if (members.size < limit) void grow();
  }

  /** If all processors are busy, one more environment slows all of them down. */
  function isOverworked(): boolean {
    const loads = [...members].map(({ environment }) => environment?.load() ?? 0);
    return loads.length >= processors && loads.reduce((sum, load) => sum + load, 0) > processors * OVERWORKED;
  }

  async function run(member: Member, { event, sink, settle }: Waiting): Promise<void> {
    const { environment } = member;
    if (environment === undefined) return;
    member.busy = true;
    const killAfter = chaos?.killAfter();
    const invocation = {
      requestId: randomUUID(),
      event,
      deadline: Date.now() + part.timeoutSeconds * 1000,
      ...(killAfter === undefined ? {} : { killAfter }),
    };
    const outcome = await environment.run(invocation, sink);
    settle(outcome);
    member.busy = false;
    member.usedAt = Date.now();
    // After a timeout or a crash the thread is ending; a handler that threw leaves a usable one.
    const usable = outcome.ok || outcome.reason === 'error';
    if (member.retired) environment.end();
    else if (usable && members.has(member)) idle.push(member);
    endTheOld();
    dispatch();
  }

  function endTheOld(): void {
    const oldest = idle[0];
    if (oldest === undefined || idle.length < 2 || oldest.usedAt > Date.now() - IDLE_LIMIT_MS) return;
    idle.shift();
    oldest.environment?.end();
  }

  function grow(): Promise<void> {
    const member: Member = { environment: undefined, busy: false, retired: false, usedAt: Date.now() };
    members.add(member);
    grownAt = Date.now();
    const forget = () => {
      members.delete(member);
      const index = idle.indexOf(member);
      if (index >= 0) idle.splice(index, 1);
      if (!stopped) dispatch();
    };
    starting = start(forget)
      .then((environment) => {
        member.environment = environment;
        if (stopped || member.retired) environment.end();
        else if (members.has(member)) idle.push(member);
      })
      .catch((error: unknown) => {
        members.delete(member);
        const message = error instanceof Error ? error.message : String(error);
        // The event that waited for it fails, as the first event of a broken function does on AWS.
        waiting.shift()?.settle({ ok: false, reason: 'crash', message });
      })
      .finally(() => {
        starting = undefined;
        if (!stopped) dispatch();
      });
    return starting;
  }

  return {
    async invoke(event, sink) {
      if (chaos !== undefined) await delay(chaos.delayMs());
      if (stopped) return { ok: false, reason: 'crash', message: 'The runtime is stopping.' };
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      waiting.push({ event, sink, settle: resolve });
      dispatch();
      return promise;
    },
    async warm() {
      if (members.size === 0 && starting === undefined && !stopped) await grow();
    },
    replace() {
      for (const member of members) {
        member.retired = true;
        if (!member.busy) member.environment?.end();
      }
      // Environments that are ending neither count nor receive events.
      members.clear();
      idle.length = 0;
    },
    stop() {
      stopped = true;
      clearTimeout(patience);
      for (const member of members) member.environment?.end();
      for (const { settle } of waiting.splice(0)) {
        settle({ ok: false, reason: 'crash', message: 'The runtime is stopping.' });
      }
    },
  };
}
