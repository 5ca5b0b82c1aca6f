import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { entryIn, finish, openItems } from './entry-store.ts';

/** Longer than the time limit of any function. */
const deadAfterMs = 60_000;

/**
 * An entry whose handler died gets the result `error`, because the operation may or may not have taken effect. Runs
 * every minute.
 */
export async function finishAbandoned(ports: Ports): Promise<void> {
  const before = branded<EpochMs>(ports.clock.now() - deadAfterMs);
  for (const item of await openItems(ports, before)) {
    await finish(ports, item, { ...entryIn(item), result: 'error', error: 'Nobody knows what became of it.' });
  }
}
