import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';

/** Rules wait no longer for a service. */
const longestCallMs = 5_000;
const firstPauseMs = 10;
const longestPauseMs = 250;

/** Calls what the application offers to rules. @throws Error when there is no such service, or the call fails or takes too long */
export async function callService(
  { app, clock }: Ports,
  service: string,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const offered = own(app.rules?.services ?? {}, service);
  const code = typeof offered === 'object' && offered !== null ? own(offered, method) : undefined;
  if (typeof code !== 'function') throw new Error(`There is no ${service}.${method}`);
  const outcome = Promise.resolve(Reflect.apply(code, offered, args)).then((value) => ({ value }));
  // By and by, so that nothing waits long for a call that has long been over.
  for (
    let [waitedMs, pauseMs] = [0, firstPauseMs];
    waitedMs < longestCallMs;
    pauseMs = Math.min(2 * pauseMs, longestPauseMs)
  ) {
    const done = await Promise.race([outcome, clock.wait(pauseMs)]);
    if (done) return done.value;
    waitedMs += pauseMs;
  }
  throw new Error(`${service}.${method} took longer than ${longestCallMs} ms`);
}
