import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import { startOver } from './document.ts';
import { readHead } from './log.ts';
import { sweepLog } from './sweep.ts';

/**
 * Erases a document whose owner was deleted. Its members stay, and a writer that does not know of the deletion gets the
 * answer that the document has another owner. May be repeated. If the document already has a new owner, only its old
 * rows are erased.
 */
export async function eraseLog(ports: Ports, channel: ChannelName, of: string): Promise<void> {
  for (;;) {
    const head = await readHead(ports, channel);
    if (!head) return;
    if (head.of !== of || (await startOver(ports, channel, head, `gone:${of}`))) break;
  }
  await sweepLog(ports, channel);
}
