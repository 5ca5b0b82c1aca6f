import type { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { commit } from './commit.ts';
import { tooBusy } from './refusals.ts';
import { beginWork, type Work } from './work.ts';

/** Twenty who write one record at the same time all get their turn. */
const mostTries = 60;
const longestPauseMs = 20;

/**
 * Does some work until nobody interferes: what it read has then been as it was in one moment, and all that it changed
 * changed in that moment. Run again, the work must come to what is right then; a failure it throws is its answer.
 * @param gaveUp the answer when others are always faster
 */
export async function settle<T>(
  ports: Ports,
  act: (work: Work) => Promise<T>,
  gaveUp: () => Failure = tooBusy,
): Promise<T> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const work = beginWork(ports);
    const answer = await act(work);
    if (await commit(work)) return answer;
    await ports.clock.wait(ports.ids.integer(longestPauseMs + 1));
  }
  throw gaveUp();
}
