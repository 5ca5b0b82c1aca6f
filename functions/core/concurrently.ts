/** Runs `task` for every item, at most `limit` at a time, and ends when all have; the first failure is thrown. */
export async function concurrently<T>(
  limit: number,
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  async function worker() {
    for (const item of queue) await task(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
