import type { Ports } from '../core/ports.ts';
import type { Inst } from './inst-store.ts';
import { takeAway } from './inst-store.ts';
import { keptMs } from './kept-decisions.ts';

/**
 * An inst goes in two steps, so that no update is acknowledged into one that is gone. First its row says that it is leaving:
 * from then on whoever asks for it waits. Connections that were let in shortly before may still write to it; once nobody
 * goes by such a decision any more, the row goes, and with it all that was written. What was acknowledged in between was
 * written before the deletion, which nobody has been told of yet. Whoever meets a leaving inst finishes this, so that a
 * deletion whose process died holds up nobody; each waits the whole time, since clocks differ.
 */
export async function finishLeaving(ports: Ports, inst: Inst): Promise<void> {
  await ports.clock.wait(keptMs);
  await takeAway(ports, inst);
}
