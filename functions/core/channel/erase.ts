import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import { startOver } from './document.ts';
import { readHead } from './log.ts';
import { sweepLog } from './sweep.ts';

/**
 * Erases a document that belonged to something that is gone. Those who listen stay, and a writer who has not heard of it is
 * told that the document is somebody else's. May be repeated; one that belongs to somebody else by now is left alone, but
 * for what it had been before.
 */
export async function eraseLog(ports: Ports, channel: ChannelName, of: string): Promise<void> {
  for (;;) {
    const head = await readHead(ports, channel);
    if (!head) return;
    if (head.of !== of || (await startOver(ports, channel, head, `gone:${of}`))) break;
  }
  await sweepLog(ports, channel);
}
