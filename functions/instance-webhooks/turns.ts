import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Webhook } from './webhook.ts';
import { takeTurn } from './webhook-store.ts';

/**
 * Whose turn it is at a receiver that takes nothing. Keys do not wait for each other, and each try of a receiver that hangs
 * holds a function for as long as it may take: after some failures in a row, whatever keys they were of, one change at a time
 * finds out whether it is back, and between two of them it is left alone. The first success lets everybody go again.
 */

const failuresInARow = 5;
/** Longer than a receiver has to answer: whoever dies in its turn loses it. */
const turnMs = 15_000;
const shortestRestMs = 5_000;
/** Changes of keys that it would take wait no longer than this for one that it refuses for good. */
const longestRestMs = 5 * 60_000;

/** @returns false: somebody else finds out, or has just done so */
export async function isTurn({ table, clock }: Pick<Ports, 'table' | 'clock'>, webhook: Webhook): Promise<boolean> {
  const { failures = 0, restsUntil = 0 } = webhook;
  if (failures < failuresInARow) return true;
  const now = clock.now();
  return restsUntil <= now && takeTurn(table, webhook, branded<EpochMs>(now + turnMs));
}

/** Until when a receiver that has just failed is left alone: for as long as it has been failing, within bounds. */
export function restUntil({ failingSince }: Webhook, now: EpochMs): EpochMs {
  const failingMs = now - (failingSince ?? now);
  return branded<EpochMs>(now + Math.min(Math.max(failingMs, shortestRestMs), longestRestMs));
}
