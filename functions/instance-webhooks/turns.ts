import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { Webhook } from './webhook.ts';
import { takeTurn } from './webhook-store.ts';

/**
 * Limits attempts at a receiver that fails. Keys do not wait for each other, and each attempt at a receiver that hangs
 * occupies a function until it times out. So after some failures in a row, of whatever keys, only one change at a time
 * tests whether the receiver is back, with a pause after each attempt. The first success ends this for all changes.
 */

const failuresInARow = 5;
/** Longer than a receiver has to answer: a handler that dies in its turn loses it. */
const turnMs = 15_000;
const shortestRestMs = 5_000;
/** A change that the receiver refuses for good delays changes that it would accept by no more than this. */
const longestRestMs = 5 * 60_000;

/** @returns false if another delivery is testing the receiver, or has just done so */
export async function isTurn({ table, clock }: Pick<Ports, 'table' | 'clock'>, webhook: Webhook): Promise<boolean> {
  const { failures = 0, restsUntil = 0 } = webhook;
  if (failures < failuresInARow) return true;
  const now = clock.now();
  return restsUntil <= now && takeTurn(table, webhook, branded<EpochMs>(now + turnMs));
}

/** The end of the pause after a failure: as long as the receiver has been failing, within limits. */
export function restUntil({ failingSince }: Webhook, now: EpochMs): EpochMs {
  const failingMs = now - (failingSince ?? now);
  return branded<EpochMs>(now + Math.min(Math.max(failingMs, shortestRestMs), longestRestMs));
}
