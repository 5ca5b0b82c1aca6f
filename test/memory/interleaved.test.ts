import { describe, expect, it } from '@jest/globals';
import { arbitrary } from '../support/arbitrary.ts';
import { interleaving } from '../support/interleaving.ts';
import { changing, type MemoryClient, memoryWorld } from '../support/memory.ts';
import { seeds } from '../support/seeds.ts';

/**
 * Handlers of several connections whose I/Os are done in any order, posts included, and which die in between. `SEEDS=200`
 * makes two hundred runs.
 */

const world = await memoryWorld();
const { settled } = world;
const alice = await world.person();

const framesEach = 4;

/** What one connection has sent, and how often the first of it has been delivered. */
interface Sent {
  readonly client: MemoryClient;
  readonly frames: { deliver(attempt: number, as: typeof world.ports): Promise<void> }[];
  attempt: number;
}

describe('clients of an instance', () => {
  it.each(seeds(8))('end with what is stored, in whatever order I/Os are done (seed %i)', async (seed) => {
    const any = arbitrary(seed);
    const id = await world.instanceOf(alice);
    const writers = await Promise.all(Array.from({ length: 3 }, () => world.connect(id, alice)));
    // They are told what there is when they have said who they are.
    const strangers = [await world.connect(id), await world.connect(id)];
    const sent = [...writers, ...strangers].map((client): Sent => {
      const isStranger = strangers.includes(client);
      const auth = { type: 'auth', apiKey: alice.sessionKey };
      const texts = Array.from({ length: framesEach }, (_, at) => {
        if (at === 0 && isStranger) return auth;
        // Whoever is in says so again now and then.
        if (any.integer(12) === 0) return auth;
        const [type, fields] = changing((limit) => any.integer(limit));
        return { type, ...fields };
      });
      return { client, frames: texts.map((text) => client.socket.laneText(JSON.stringify(text))), attempt: 1 };
    });
    while (sent.some(({ frames }) => frames.length > 0)) {
      const round = interleaving(world.ports, any);
      for (const one of sent) {
        const follow = async (ports: typeof world.ports) => {
          for (let [next] = one.frames; next; [next] = one.frames) {
            await next.deliver(one.attempt, ports);
            one.frames.shift();
            one.attempt = 1;
          }
        };
        if (one.frames.length > 0) round.begin(follow, any.integer(3) === 0 ? any.integer(40) : undefined);
      }
      await round.finish();
      for (const one of sent) if (one.frames.length > 0) one.attempt += 1;
    }
    await settled();
    const stored = await world.read(id, alice);
    for (const { client } of sent) expect(client.view()).toEqual(stored);
    expect(world.dead).toEqual([]);
  });
});
