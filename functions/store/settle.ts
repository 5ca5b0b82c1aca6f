import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { areAsRead, commit } from './commit.ts';
import { tooBusy } from './refusals.ts';
import { beginWork, type Work } from './work.ts';

/**
 * Enough for twenty concurrent writers of one record. Which one wins is random: some wait for more than sixty others.
 * All of these tries take some ten seconds.
 */
const mostTries = 300;
/** After this many tries there are many concurrent writers, and longer pauses let each succeed sooner. */
const fewTries = 30;
const longestPauseMs = 20;

/**
 * Repeats a work until no concurrent change interferes. Then all of its reads and writes happened as in one moment. A
 * repeated work must compute its result anew; a failure that it throws is its answer.
 * @param gaveUp the answer when concurrent changes always win
 */
export async function settle<T>(
  ports: Ports,
  act: (work: Work) => Promise<T>,
  gaveUp: () => Failure = tooBusy,
): Promise<T> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const work = beginWork(ports);
    const done = await attempt(work, act);
    if (done) return done.answer;
    await ports.clock.wait(ports.ids.integer((tries < fewTries ? longestPauseMs : 3 * longestPauseMs) + 1));
  }
  throw gaveUp();
}

/**
 * @returns undefined after concurrent changes, even if the work failed: the data that made it fail may never have
 * existed at one moment
 */
async function attempt<T>(work: Work, act: (work: Work) => Promise<T>): Promise<{ readonly answer: T } | undefined> {
  let answer: T;
  try {
    answer = await act(work);
  } catch (thrown) {
    if (thrown instanceof Failure && !(await areAsRead(work, work.slots.values()))) return undefined;
    throw thrown;
  }
  return (await commit(work)) ? { answer } : undefined;
}
