import { Failure } from '../core/errors.ts';

/** Each attempt that fails has lost to one that did not. */
const attempts = 25;

/**
 * Reads, decides and writes, again and again until what was decided on is what was there.
 * @param attempt undefined: somebody else was there first
 * @throws Failure `conflict` when somebody else always is
 */
export async function untilSettled<T>(attempt: () => Promise<{ readonly answer: T } | undefined>): Promise<T> {
  for (let count = 0; count < attempts; count++) {
    const settled = await attempt();
    if (settled) return settled.answer;
  }
  throw new Failure('conflict', 'Others keep changing this at the same time. Try again.');
}
