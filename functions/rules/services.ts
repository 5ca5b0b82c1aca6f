import { own } from '../core/own.ts';
import type { Ports } from '../core/ports.ts';

/** Rules wait no longer for a service. */
const longestCallMs = 5_000;

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
  const tooLong = clock.wait(longestCallMs).then(() => {
    throw new Error(`${service}.${method} took longer than ${longestCallMs} ms`);
  });
  return Promise.race([Promise.resolve(Reflect.apply(code, offered, args)), tooLong]);
}
