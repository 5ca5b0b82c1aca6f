import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from './members.ts';
import { createTally, type Result } from './tally.ts';

/** What members send under load. Chat reaches its sender too, an event only the others. */
export type Kind = 'chat' | 'event';

export interface Measured extends Result {
  readonly seconds: number;
}

const padding = '.'.repeat(50);
const patienceMs = 5_000;

/** Each of `senders` members sends at a fixed rate, however fast messages arrive. Ends when everything has arrived. */
export async function paced(
  members: readonly Member[],
  kind: Kind,
  { senders, perSecond, seconds }: { senders: number; perSecond: number; seconds: number },
): Promise<Measured> {
  const tally = listen(members, kind);
  const startedAt = performance.now();
  const everyMs = 1000 / (senders * perSecond);
  for (let count = 0; count < senders * perSecond * seconds; ) {
    const due = Math.floor((performance.now() - startedAt) / everyMs);
    for (; count < Math.min(due, senders * perSecond * seconds); count++) say(members, kind, count % senders, tally);
    await delay(1);
  }
  await tally.settled(patienceMs);
  return { ...tally.result, seconds: (performance.now() - startedAt) / 1000 };
}

/** Each of `senders` members keeps `ahead` messages under way: as fast as possible without a growing queue. */
export async function saturated(
  members: readonly Member[],
  kind: Kind,
  { senders, ahead, seconds }: { senders: number; ahead: number; seconds: number },
): Promise<Measured> {
  const tally = listen(members, kind);
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  tally.onComplete((sender) => {
    if (performance.now() < until) say(members, kind, sender, tally);
  });
  for (let sender = 0; sender < senders; sender++) {
    for (let n = 0; n < ahead; n++) say(members, kind, sender, tally);
  }
  await delay(seconds * 1000);
  await tally.settled(patienceMs);
  return { ...tally.result, seconds: (performance.now() - startedAt) / 1000 };
}

function listen(members: readonly Member[], kind: Kind) {
  const tally = createTally(kind === 'chat' ? members.length : members.length - 1);
  for (const [index, member] of members.entries()) member.hear((text) => tally.arrived(index, text));
  return tally;
}

function say(members: readonly Member[], kind: Kind, sender: number, tally: ReturnType<typeof createTally>): void {
  const text = `${tally.sent(sender)}${padding}`;
  if (kind === 'chat') members[sender]?.send('send_chat', { message: text });
  else members[sender]?.send('broadcast_event', { event: 'draw', payload: text });
}
