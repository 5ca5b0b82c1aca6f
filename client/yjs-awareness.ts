import {
  type Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness';
import type { Clock } from './clock.ts';
import { createThrottle } from './throttle.ts';

/** Awareness over a socket: one's own state goes out, those of others come in, and go when the socket does. */
export interface AwarenessLink {
  /** Shows oneself. */
  connected(): void;
  disconnected(): void;
  /** States of others. */
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

  // Only what concerns oneself: that others have changed is told by them. Being told that one is gone counts the clock up.
  function onUpdate({ added, updated, removed }: Change): void {
    if ([...added, ...updated, ...removed].includes(self)) throttle.push(undefined);
  }
  awareness.on('update', onUpdate);

  return {
    connected() {
      const state = awareness.getLocalState();
      // Under a higher clock: others may have heard that the old socket's client is gone.
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
