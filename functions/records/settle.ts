import { Failure } from '../core/errors.ts';

/** An attempt fails only if a concurrent one has succeeded. */
const attempts = 25;

/**
 * Reads, decides and writes, and repeats this until no concurrent write interferes.
 * @param attempt returns undefined if a concurrent write came first
 * @throws Failure `conflict` if every attempt loses
 */
export async function untilSettled<T>(attempt: () => Promise<{ readonly answer: T } | undefined>): Promise<T> {
  for (let count = 0; count < attempts; count++) {
    const settled = await attempt();
    if (settled) return settled.answer;
  }
  throw new Failure('conflict', 'Others keep changing this at the same time. Try again.');
}
