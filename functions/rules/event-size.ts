import { maxFrameBytes } from '../core/channel/channel.ts';
import { Failure } from '../core/errors.ts';
import type { RuleEvent } from './event.ts';

/** Overhead of a push around an event and its topic. */
const aroundIt = 256;
const mostBytes = maxFrameBytes - aroundIt;

/** A push says the topic once more. */
const bytesOf = (event: RuleEvent): number =>
  Buffer.byteLength(JSON.stringify(event)) + Buffer.byteLength(JSON.stringify(event.topic));

/** Whether it is too large for a push. */
export const isLarge = (event: RuleEvent): boolean => bytesOf(event) > mostBytes;

/** @throws Failure `too_large` for an event that does not fit into a push */
export function refuseLarge(event: RuleEvent): void {
  if (!isLarge(event)) return;
  const about = { bytes: bytesOf(event), limit: mostBytes };
  throw new Failure(
    'too_large',
    `The event and its topic have ${about.bytes} bytes together, and may have ${about.limit}.`,
    about,
  );
}
