import * as Y from 'yjs';
import type { Entry } from '../core/channel/channel.ts';
import { entriesOf, type Kept } from '../core/channel/kept.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Bridging } from '../memory/bridging.ts';
import { bodyIn, isOwn } from '../memory/document.ts';
import { readableOnes } from './readable.ts';
import { apply } from './yjs-document.ts';

/** A document's log, as far as it concerns who bridges. */
export interface Parts {
  readonly ground: readonly Entry[];
  /** What the keys have yet to follow. */
  readonly news: readonly Entry[];
  /** What the ground goes up to, and what it will with the news. */
  readonly reached: number;
  readonly until: number;
  /** Somebody who died had begun to have the keys follow. */
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

/** Each of these has been understood before; should they not be together, as many as there can. */
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
