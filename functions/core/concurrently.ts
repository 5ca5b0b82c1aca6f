/**
 * Runs `task` for every item, at most `limit` at a time, and ends when all have ended. A failure does not keep other
 * items from being tried. Afterwards the first failure is thrown.
 */
export async function concurrently<T>(
  limit: number,
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const failures: unknown[] = [];
  async function worker() {
    for (const item of queue) {
      try {
        await task(item);
      } catch (cause) {
        failures.push(cause);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * `Promise.all` for writes: it fails only when all have ended. When a handler has failed, Lambda freezes writes that
 * are under way, and continues them in the middle of another invocation, perhaps of the same work tried again.
 */
export async function together<const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [At in keyof T]: Awaited<T[At]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
