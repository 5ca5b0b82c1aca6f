import { setTimeout as delay } from 'node:timers/promises';
import type { Member } from './members.ts';

const rounds = 30;
const everyMs = 100;
/** Longer than any window: after such a silence nothing more will come. */
const silenceMs = 2_000;

/**
 * Everybody moves ten times a second for three seconds.
 * @returns frames per second to all of them together; and how many views of another member are not that member's last
 * position afterwards
 */
export async function everybodyMoves(
  members: readonly Member[],
): Promise<{ readonly framesPerSecond: number; readonly stale: number }> {
  let frames = 0;
  let lastAt = 0;
  const views = members.map(() => new Map<string, number>());
  for (const [index, member] of members.entries()) {
    member.hear((text) => {
      if (!text.includes('"presence_updated"')) return;
      frames += 1;
      lastAt = performance.now();
      const { payload } = JSON.parse(text);
      for (const { connectionId, presence } of payload.updated ?? []) views[index]?.set(connectionId, presence.round);
    });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const member of members) member.send('update_presence', { presence: { round } });
    await delay(everyMs);
  }
  const framesPerSecond = (frames * 1000) / (rounds * everyMs);
  while (performance.now() - lastAt < silenceMs) await delay(everyMs);
  const current = views.map((view) => [...view.values()].filter((round) => round === rounds).length);
  const stale = current.reduce((sum, count) => sum + (members.length - 1 - count), 0);
  return { framesPerSecond, stale };
}
