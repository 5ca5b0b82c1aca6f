import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until a reading is as it should be, for changes that no message announces. The test's own timeout ends it.
 * @returns the reading
 */
export async function eventually<T>(read: () => T | Promise<T>, isRight: (reading: T) => boolean): Promise<T> {
  for (;;) {
    const reading = await read();
    if (isRight(reading)) return reading;
    await delay(50);
  }
}
