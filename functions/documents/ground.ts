import * as Y from 'yjs';
import type { Entry } from '../core/channel/channel.ts';
import { entriesOf, type Kept } from '../core/channel/kept.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Bridging } from '../memory/bridging.ts';
import { bodyIn, isOwn } from '../memory/document.ts';
import { readableOnes } from './readable.ts';
import { apply } from './yjs-document.ts';

/** A document's log, divided for bridging. */
export interface Parts {
  readonly ground: readonly Entry[];
  /** Entries that the keys do not reflect yet. */
  readonly news: readonly Entry[];
  /** The number up to which the ground reaches, now and with the news. */
  readonly reached: number;
  readonly until: number;
  /** A job that died had begun to change the keys. */
  readonly isUnfinished: boolean;
}

export function partsOf(kept: Kept | undefined, bridging: Bridging): Parts {
  if (!kept) return { ground: [], news: [], reached: 0, until: 0, isUnfinished: false };
  const isSameLog = kept.head.epoch === bridging.epoch;
  const reached = isSameLog ? bridging.reached : 0;
  const begun = isSameLog ? bridging.until : undefined;
  const until = begun ?? kept.reached;
  const entries = entriesOf(kept);
  return {
    ground: entries.filter((entry) => entry.sequence <= reached || isOwn(entry)),
    news: entries.filter((entry) => entry.sequence > reached && entry.sequence <= until && !isOwn(entry)),
    reached,
    until,
    isUnfinished: begun !== undefined,
  };
}

const updatesOf = (entries: readonly Entry[]): Uint8Array[] =>
  readableOnes(entries.flatMap(({ body }) => bodyIn(body).updates));

/** Each of these entries was applied before. If Yjs cannot apply them together, as many as possible are applied. */
export function documentOn({ log }: Ports, channel: ChannelName, ground: readonly Entry[]): Y.Doc {
  const whole = new Y.Doc();
  try {
    apply(whole, updatesOf(ground));
    return whole;
  } catch (cause) {
    log.error('updates mean nothing to Yjs together', cause, { channel });
  }
  const doc = new Y.Doc();
  for (const entry of ground) {
    try {
      apply(doc, updatesOf([entry]));
    } catch (cause) {
      log.error('an update is left out', cause, { channel, sequence: entry.sequence });
    }
  }
  return doc;
}
