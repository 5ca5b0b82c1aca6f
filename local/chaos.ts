import type { Chaos } from './parts.ts';

/** The probabilities of chaos. */
const DUPLICATES = 0.1;
const KILLS = 0.03;
/** A kill happens at one of the first I/Os, because few handlers make more. */
const LAST_IO = 6;
const MAX_DELAY_MS = 30;

/**
 * Trouble that AWS may make: delays, duplicate deliveries, handlers that die between two I/Os. The same seed makes the
 * same trouble, if asked in the same order.
 */
export function createChaos(seed: number | string): Chaos {
  const random = randomNumbers(typeof seed === 'number' ? seed : numberFrom(seed));
  return {
    delayMs: () => Math.floor(random() * (MAX_DELAY_MS + 1)),
    duplicates: () => random() < DUPLICATES,
    killAfter: () => (random() < KILLS ? 1 + Math.floor(random() * LAST_IO) : undefined),
  };
}

/** Mulberry32: small, seeded, and uniform enough for this. Numbers from 0 up to but not including 1. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Turns a word into a seed: FNV-1a. */
function numberFrom(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
