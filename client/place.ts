import type { Clock } from './clock.ts';
import type { Resume } from './protocol.ts';

/**
 * The place in a room's log up to which a client has all messages. Messages of different senders may overtake each
 * other, so a client must not resume from the highest number it has seen: messages in a gap below may still arrive.
 */
export interface Place {
  /** The snapshot contains everything up to this number. */
  start(epoch: string, sequence: number): void;
  /** A message has arrived. */
  note(sequence: number): void;
  /** What to send with the next join. */
  resume(): Resume;
}

/** The server never sends numbers whose writer died, so a gap this old stays empty. */
const GAP_PATIENCE_MS = 30_000;

export function createPlace(clock: Clock): Place {
  let epoch: string | undefined;
  let reached = 0;
  /** Received numbers above `reached`, and when the first of them arrived. */
  const ahead = new Set<number>();
  let gapSinceMs = 0;

  function advance(): void {
    while (ahead.delete(reached + 1)) reached += 1;
    if (ahead.size > 0 && clock.now() - gapSinceMs > GAP_PATIENCE_MS) {
      reached = Math.min(...ahead) - 1;
      gapSinceMs = clock.now();
      advance();
    }
  }

  return {
    start(newEpoch, sequence) {
      epoch = newEpoch;
      reached = sequence;
      ahead.clear();
    },
    note(sequence) {
      if (sequence <= reached) return;
      if (ahead.size === 0) gapSinceMs = clock.now();
      ahead.add(sequence);
      advance();
    },
    resume() {
      if (epoch === undefined) return true;
      advance();
      return { epoch, sequence: reached };
    },
  };
}
