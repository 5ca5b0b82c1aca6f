import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import type { Clock } from './clock.ts';
import { createThrottle } from './throttle.ts';

/** Awareness over a socket: sends the client's own state, and applies those of others until the socket closes. */
export interface AwarenessLink {
  /** Sends the client's own state. */
  connected(): void;
  disconnected(): void;
  /** Applies states of other clients. */
  apply(states: Uint8Array): void;
  stop(): void;
}

export interface AwarenessSettings {
  readonly awareness: Awareness;
  readonly clock: Clock;
  readonly throttleMs: number;
  readonly send: (states: Uint8Array) => void;
}

type Change = Readonly<Record<'added' | 'updated' | 'removed', number[]>>;

export function linkAwareness({ awareness, clock, throttleMs, send }: AwarenessSettings): AwarenessLink {
  const self = awareness.clientID;
  const link = Symbol('link');
  const show = () => send(encodeAwarenessUpdate(awareness, [self]));
  const throttle = createThrottle<undefined>(clock, throttleMs, show);

  // Only the client's own state: other clients send theirs. If the client hears that it is gone, it raises its own
  // clock.
  function onUpdate({ added, updated, removed }: Change): void {
    if ([...added, ...updated, ...removed].includes(self)) throttle.push(undefined);
  }
  awareness.on('update', onUpdate);

  return {
    connected() {
      const state = awareness.getLocalState();
      // With a higher clock, because others may have heard that the old socket's client is gone.
      if (state !== null) awareness.setLocalState(state);
    },
    disconnected() {
      throttle.reset();
      const others = [...awareness.getStates().keys()].filter((client) => client !== self);
      removeAwarenessStates(awareness, others, link);
    },
    apply: (states) => applyAwarenessUpdate(awareness, states, link),
    stop() {
      awareness.off('update', onUpdate);
      throttle.reset();
    },
  };
}
