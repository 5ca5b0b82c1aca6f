import { eraseLog } from '../core/channel/erase.ts';
import { erasedIn, isPublicInst } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { expiredKey, keyIn, textIn } from '../core/stream-reader.ts';
import type { Erasure } from './erasure-store.ts';
import { beginErasure, branchesAfter, forgetBranch, proceed, readErasure } from './erasure-store.ts';

/**
 * Erases the branches of deleted insts: one step for each change of the progress row. A step is small, and may be
 * interrupted anywhere and repeated.
 */
export const goneInsts: StreamReader = {
  reads: (record) => newlyGone(record) !== undefined || pendingIn(record) !== undefined,
  async read(ports, record) {
    const generation = newlyGone(record);
    if (generation !== undefined) return beginErasure(ports, { generation, state: 'first' });
    const pending = pendingIn(record);
    if (pending === undefined) return;
    if (expiredKey(record)) await beginErasure(ports, { generation: pending, state: 'last' });
    else await step(ports, pending);
  },
};

/** The generation of an expired public inst. */
function newlyGone(record: StreamRecord): string | undefined {
  const key = expiredKey(record);
  return key && isPublicInst(key) ? textIn(record.dynamodb.OldImage, 'generation') : undefined;
}

/** The generation that waits for a step. A row that a function has deleted has done its duty. */
function pendingIn(record: StreamRecord): string | undefined {
  const key = keyIn(record);
  if (!key || (record.eventName === 'REMOVE' && !expiredKey(record))) return undefined;
  return erasedIn(key);
}

/** The most branches in one step, which ends early if they are large. */
const pageBranches = 25;
const longEnoughMs = 15_000;

async function step(ports: Ports, generation: string): Promise<void> {
  const erasure = await readErasure(ports, generation);
  if (!erasure || erasure.state === 'waiting') return;
  const until = ports.clock.now() + longEnoughMs;
  const channels = await branchesAfter(ports, generation, erasure.after, pageBranches);
  let { after } = erasure;
  for (const channel of channels) {
    await eraseLog(ports, channel, generation);
    if (erasure.state === 'last') await forgetBranch(ports, generation, channel);
    after = channel;
    if (ports.clock.now() > until) break;
  }
  const isEnd = channels.length < pageBranches && after === (channels.at(-1) ?? erasure.after);
  await proceed(ports, erasure, isEnd ? afterEnd(erasure) : { ...erasure, after });
}

function afterEnd({ generation, state }: Erasure): Erasure | undefined {
  return state === 'first' ? { generation, state: 'waiting' } : undefined;
}
