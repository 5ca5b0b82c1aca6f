import type { Ports } from '../../functions/core/ports.ts';

/**
 * Runs a process with these ports until it is killed before its n-th I/O, which never returns.
 * @returns whether it was
 */
export async function untilKilled(ports: Ports, ios: number, run: (mine: Ports) => Promise<unknown>): Promise<boolean> {
  const killed = Promise.withResolvers<true>();
  let left = ios;
  const guarded = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (--left >= 0) return value.apply(target, args);
          killed.resolve(true);
          return new Promise(() => {});
        };
      },
    });
  const mine: Ports = Object.create(ports, {
    table: { value: guarded(ports.table) },
    connections: { value: guarded(ports.connections) },
    blobs: { get: () => guarded(ports.blobs) },
    gateway: { get: () => guarded(ports.gateway) },
    fanOut: { get: () => guarded(ports.fanOut) },
    reminders: { get: () => guarded(ports.reminders) },
    functions: { get: () => guarded(ports.functions) },
  });
  return Promise.race([run(mine).then(() => false), killed.promise]);
}
