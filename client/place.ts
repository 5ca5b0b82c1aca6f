import type { Clock } from './clock.ts';
import type { Resume } from './protocol.ts';

/**
 * Up to where a client has everything of a room's log. Messages of different senders may overtake each other, so the
 * highest number seen is not the place to resume from: what lies in a gap below it may still be on its way.
 */
export interface Place {
  /** The snapshot holds everything up to there. */
  start(epoch: string, sequence: number): void;
  /** A message has arrived. */
  note(sequence: number): void;
  /** What to send with the next join. */
  resume(): Resume;
}

/** Numbers whose writer died are never sent; nothing comes into a gap this old. */
const GAP_PATIENCE_MS = 30_000;

export function createPlace(clock: Clock): Place {
  let epoch: string | undefined;
  let reached = 0;
  /** Numbers above `reached` that are here, and when the first of them came. */
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
