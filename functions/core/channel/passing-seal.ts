import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Entry } from './channel.ts';
import { entryItem } from './log.ts';

/** Longer than any request: by then the writer that took the number is gone. */
const passesAfterMs = 3_600_000;

/**
 * The item that seals a number of a document. The sweep leaves it, because the writer that took the number may be slow
 * rather than dead: if the number were free again, it would write an entry that nobody reads. The seal expires by
 * itself.
 */
export function passingSeal(ports: Ports, channel: ChannelName, seal: Entry) {
  const ttl = Math.ceil((ports.clock.now() + passesAfterMs) / 1000);
  return { ...entryItem(channel, seal, undefined), ttl };
}
