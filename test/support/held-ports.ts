import type { Ports } from '../../functions/core/ports.ts';

/** A process that pauses before one of its calls of the table, for as long as the test wants. */
export interface Held {
  readonly ports: Ports;
  /** Resolves once it pauses. */
  readonly rests: Promise<void>;
  goOn(): void;
}

/** @param at the first call of that name whose arguments as JSON contain the text */
export function held(ports: Ports, at: { readonly call: keyof Ports['table']; readonly on: string }): Held {
  const rests = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  let isHeld = false;
  const table = new Proxy(ports.table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (!isHeld && name === at.call && JSON.stringify(args).includes(at.on)) {
          isHeld = true;
          rests.resolve();
          await goesOn.promise;
        }
        return value.apply(target, args);
      };
    },
  });
  return {
    ports: Object.create(ports, { table: { value: table } }),
    rests: rests.promise,
    goOn: () => goesOn.resolve(),
  };
}
