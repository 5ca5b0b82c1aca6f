import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';

/** The longest wait of a rule for a service. */
const longestCallMs = 5_000;
const firstPauseMs = 5;
const longestPauseMs = 250;

/** Of a method that the application offers to rules. */
interface Call {
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** The time that the caller has left. */
  readonly forMs: number;
}

/**
 * Calls a service of the application. @throws Error when the service does not exist, or the call fails or takes too
 * long
 */
export async function callService({ app, clock }: Ports, { service, method, args, forMs }: Call): Promise<unknown> {
  const offered = own(app.rules?.services ?? {}, service);
  const code = typeof offered === 'object' && offered !== null ? own(offered, method) : undefined;
  if (typeof code !== 'function') throw new Error(`There is no ${service}.${method}`);
  const longestMs = Math.min(longestCallMs, forMs);
  const outcome = Promise.resolve(Reflect.apply(code, offered, args)).then((value) => ({ value }));
  // In short waits, so that no timer stays pending long after the call has ended.
  let pauseMs = firstPauseMs;
  for (let waitedMs = 0; waitedMs < longestMs; waitedMs += pauseMs) {
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    const done = await Promise.race([outcome, clock.wait(pauseMs)]);
    if (done) return done.value;
  }
  throw new Error(`${service}.${method} took longer than ${longestMs} ms`);
}
