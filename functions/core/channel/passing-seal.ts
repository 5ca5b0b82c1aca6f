import type { ChannelName } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Entry } from './channel.ts';
import { entryItem } from './log.ts';

/** Longer than any request takes: by then whoever took the number is gone. */
const passesAfterMs = 3_600_000;

/**
 * The item that closes a number of a document. It stays when the entries around it are swept, since whoever took the number
 * may be slow and not dead: on a number that were free again they would write what nobody reads. It goes by itself.
 */
export function passingSeal(ports: Ports, channel: ChannelName, seal: Entry) {
  const ttl = Math.ceil((ports.clock.now() + passesAfterMs) / 1000);
  return { ...entryItem(channel, seal, undefined), ttl };
}
