import type { ConnectionId } from '../names.ts';
import type { SnapshotTexts } from './channel.ts';
import { maxFrameBytes } from './channel.ts';

/** Room for the envelope around the packed texts, including position and ids. */
const envelopeBytes = 4 * 1024;

export const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Splits a list of texts, in order, into runs that each fit into a frame. */
export function packed<T extends string>(texts: readonly T[], budget = maxFrameBytes - envelopeBytes): T[][] {
  const runs: T[][] = [];
  let run: T[] = [];
  let size = 0;
  for (const text of texts) {
    const bytes = bytesOf(text) + 1;
    if (run.length > 0 && size + bytes > budget) {
      runs.push(run);
      run = [];
      size = 0;
    }
    run.push(text);
    size += bytes;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** The part of a snapshot that fits into one frame; the rest follows in further frames. */
export interface Fitted {
  readonly members: SnapshotTexts['members'];
  readonly restOfMembers: readonly string[];
  readonly entries: readonly string[];
  /** How many entries, the newest, did not fit. */
  readonly restOfEntries: number;
}

/**
 * Fits members and the oldest entries into one frame. Members and entries may each use half, and more if the other side
 * leaves room. The joiner itself is always included.
 */
export function fitFrame(self: ConnectionId, members: SnapshotTexts['members'], entries: readonly string[]): Fitted {
  const budget = maxFrameBytes - envelopeBytes;
  const own = members.filter((member) => member.id === self);
  const others = members.filter((member) => member.id !== self);
  const ownBytes = total(own.map((member) => member.text));
  const entriesWant = total(entries);
  const forMembers = Math.max(budget - entriesWant, Math.floor((budget - ownBytes) / 2) + ownBytes);
  const shown = own.concat(
    others.slice(
      0,
      countFitting(others, (member) => member.text, forMembers - ownBytes),
    ),
  );
  const left = budget - total(shown.map((member) => member.text));
  const shownEntries = countFitting(entries, (text) => text, left);
  return {
    members: shown,
    restOfMembers: others.slice(shown.length - own.length).map((member) => member.text),
    entries: entries.slice(0, shownEntries),
    restOfEntries: entries.length - shownEntries,
  };
}

function total(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + bytesOf(text) + 24, 0); // 24: the comma and, for members, the key
}

function countFitting<T>(items: readonly T[], textOf: (item: T) => string, budget: number): number {
  let size = 0;
  for (const [index, item] of items.entries()) {
    size += bytesOf(textOf(item)) + 24;
    if (size > budget) return index;
  }
  return items.length;
}
