/** Typed listeners: `Events` maps an event's name to the type its listeners get. */
export interface Listeners<Events> {
  /** Returns a function that removes the listener. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

export function createListeners<Events>(): Listeners<Events> {
  const byName = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(name, listener) {
      const listeners = byName.get(name) ?? new Set();
      byName.set(name, listeners.add(listener));
      return () => void listeners.delete(listener);
    },
    off(name, listener) {
      byName.get(name)?.delete(listener);
    },
    emit(name, event) {
      for (const listener of [...(byName.get(name) ?? [])]) {
        try {
          (listener as (given: typeof event) => void)(event); // `on` put it under this name
        } catch (fault) {
          // An error in one listener must not affect other listeners or the protocol.
          queueMicrotask(() => {
            throw fault;
          });
        }
      }
    },
  };
}
