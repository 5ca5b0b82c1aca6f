import { maxFrameBytes } from '../core/channel/channel.ts';
import { Failure } from '../core/errors.ts';
import type { RuleEvent } from './event.ts';

/** What stands around an event in a push: its topic once more, and the subscription. */
const aroundIt = 2_048;
const mostBytes = maxFrameBytes - aroundIt;

const bytesOf = (event: RuleEvent): number => Buffer.byteLength(JSON.stringify(event));

/** Whether it would fit no push. */
export const isLarge = (event: RuleEvent): boolean => bytesOf(event) > mostBytes;

/** @throws Failure `too_large` for an event that would fit no push */
export function refuseLarge(event: RuleEvent): void {
  if (!isLarge(event)) return;
  const about = { bytes: bytesOf(event), limit: mostBytes };
  throw new Failure('too_large', `The event has ${about.bytes} bytes, and may have ${about.limit}.`, about);
}
