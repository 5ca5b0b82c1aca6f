import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { entryIn, finish, openItems } from './entry-store.ts';

/** Longer than any function may take. */
const deadAfterMs = 60_000;

/**
 * What nobody will finish any more stands in the log as an error: the handler has died, and may have done what it was
 * asked. Run every minute.
 */
export async function finishAbandoned(ports: Ports): Promise<void> {
  const before = branded<EpochMs>(ports.clock.now() - deadAfterMs);
  for (const item of await openItems(ports, before)) {
    await finish(ports, item, { ...entryIn(item), result: 'error', error: 'Nobody knows what became of it.' });
  }
}
